from datetime import timedelta

import pytest
from celery import current_app

from builds import tasks
from builds.actions import verify_artifacts as verifying
from builds.actions.ingest import ingest
from builds.models import Artifact, Build
from tests import people
from tests.builds import bundles, events
from tests.builds.posts import artifact, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def build(bucket, sessions, monkeypatch):
    """A build whose only artifact lies in S3; tasks reach the sandbox."""
    monkeypatch.setattr(tasks, "sessions", lambda: sessions)
    people.application("payments")
    lying = artifact(**bucket.put("template", b"{}"))
    return ingest(actor=people.ci(), post=post(artifacts=[lying]))[0]


def test_the_task_has_the_name_that_the_bell_rings():
    assert tasks.verify_artifacts.name == "builds.verify_artifacts"
    assert tasks.sweep_artifacts.name == "builds.sweep_artifacts"
    assert current_app.tasks["builds.verify_artifacts"]


def test_a_rung_build_is_verified(build):
    tasks.verify_artifacts(build.pk)
    assert Build.objects.get().state == "verified"
    assert events.kinds() == ["build.received", "artifact.verified"]


def test_ringing_twice_changes_nothing(build):
    tasks.verify_artifacts(build.pk)
    tasks.verify_artifacts(build.pk)
    assert events.kinds() == ["build.received", "artifact.verified"]


def test_an_unknown_id_does_nothing(build):
    tasks.verify_artifacts("bld_nothing")
    assert Artifact.objects.get().attempts == 0


def test_the_sweep_finds_a_build_whose_bell_was_lost(build):
    tasks.sweep_artifacts()
    assert Build.objects.get().state == "verified"


def test_the_sweep_leaves_alone_what_is_not_due(build):
    Artifact.objects.update(state="missing", next_attempt_at=build.created_at + timedelta(days=1))
    tasks.sweep_artifacts()
    assert (Artifact.objects.get().state, Artifact.objects.get().attempts) == ("missing", 0)


def test_a_build_that_cannot_be_looked_at_keeps_no_other_waiting(build, bucket, monkeypatch):
    lying = artifact(**bucket.put("other", b"other"))
    other = ingest(actor=people.ci(), post=post(version="2.0.0", artifacts=[lying]))[0]
    looked_at = []

    def stumble(*, build_id, sessions):
        looked_at.append(build_id)
        raise RuntimeError("an error of ours")

    monkeypatch.setattr(tasks, "verify", stumble)
    tasks.sweep_artifacts()
    assert looked_at == [build.pk, other.pk]


def test_a_spec_with_what_no_database_takes_is_kept_as_a_problem(build, bucket):
    bundle = bundles.zipped({"releasegate/tests.yaml": b'"k\\0": 1\n'})
    lying = artifact("tests", "test-bundle", **bucket.put("tests", bundle))
    other = ingest(actor=people.ci(), post=post(version="2.0.0", artifacts=[lying]))[0]
    tasks.sweep_artifacts()
    other.refresh_from_db()
    assert (other.state, other.test_spec["problems"][0]["code"]) == ("verified", "not_text")


def test_an_error_of_ours_is_a_failed_attempt_and_keeps_no_other_artifact_waiting(build, bucket, monkeypatch):
    def stumble(_):
        raise KeyError("an error of ours")

    monkeypatch.setattr(verifying, "spec_facts", stumble)
    lying = [
        artifact("a", "test-bundle", **bucket.put("a", bundles.BUNDLE)),
        artifact("b", "file", **bucket.put("b", b"b")),
    ]
    other = ingest(actor=people.ci(), post=post(version="2.0.0", artifacts=lying))[0]
    for attempts in (1, 2, 3, 4):
        tasks.sweep_artifacts()
        first = other.artifacts.get(name="a")
        assert (first.state, first.attempts) == ("pending" if attempts < 4 else "unreadable", attempts)
        other.artifacts.filter(name="a").update(next_attempt_at=other.created_at)
    assert "KeyError" in first.detail
    assert other.artifacts.get(name="b").state == "verified"
