"""Artifacts on their way into the account: read once more, hashed once more, one at a time."""

import pytest

from builds.models import Artifact
from deployments.models import Intent

pytestmark = pytest.mark.one_database


def template(release) -> Artifact:
    return release.build.artifacts.get(name="template")


def failed_to_plan(engine, control, row) -> str:
    """The words it failed with; nothing was planned in AWS."""
    row = engine.advance(row)
    assert (row.state, row.reasons[0]["code"]) == ("failed", "plan_failed")
    assert control.count("cloudformation", "CreateChangeSet", effective=False) == 0
    return row.reasons[0]["text"]


def test_other_bytes_under_our_key_in_the_staging_bucket_are_never_used(
    engine, control, seeder, target, session
):
    artifact = template(engine.release("1.0.0"))
    session.client("s3").put_object(
        Bucket=f"rg-staging-{target.account_id}-{target.region}",
        Key=f"artifacts/{artifact.digest.removeprefix('sha256:')}/template",
        Body=b"{}",
        Metadata={"rg-digest": artifact.digest},
    )
    text = failed_to_plan(engine, control, engine.ask("1.0.0"))
    assert "in the staging bucket has other bytes" in text


@pytest.mark.parametrize("limit", [None, 10])
def test_an_artifact_that_was_replaced_at_its_source_is_never_copied(engine, control, monkeypatch, limit):
    """By other bytes, or by more than can be read."""
    artifact = template(engine.release("1.0.0"))
    engine.bucket.put("1.0.0/t", b'{"Resources": {}}')
    Artifact.objects.filter(pk=artifact.pk).update(version_id="")
    if limit:
        monkeypatch.setattr("deployments.engine.work.MOST_BYTES", limit)
    text = failed_to_plan(engine, control, engine.ask("1.0.0"))
    assert "The artifact template is no longer what was handed over." in text
    assert Intent.objects.filter(target__endswith="/template").count() == 0


def test_a_size_that_was_posted_wrong_stops_nothing(engine):
    """A build that was verified before sizes were measured."""
    engine.release("1.0.0")
    Artifact.objects.update(size=1)
    assert engine.deploy("1.0.0").state == "succeeded"


def test_one_artifact_is_read_and_copied_at_a_time(engine, control):
    engine.release("1.0.0")
    row = engine.ask("1.0.0")
    staged = Intent.objects.filter(deployment=row, purpose="stage", outcome="done")
    seen = []
    while len(seen) < 20 and staged.count() < 2:
        row = engine.look(row)
        seen.append(staged.count())
    assert sorted({number for number in seen if number}) == [1, 2]
    assert len(row.plan_data["staged"]) >= 1, "what lies there is not hashed again at the next look"
    assert engine.advance(row).state == "succeeded"


def test_a_staging_bucket_that_keeps_no_versions_is_refused_at_the_plan(engine, control, target, session):
    """What was hashed could be overwritten before it is used."""
    engine.release("1.0.0")
    session.client("s3").put_bucket_versioning(
        Bucket=f"rg-staging-{target.account_id}-{target.region}",
        VersioningConfiguration={"Status": "Suspended"},
    )
    assert "keeps no versions" in failed_to_plan(engine, control, engine.ask("1.0.0"))
