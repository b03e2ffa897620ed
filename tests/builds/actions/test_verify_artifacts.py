import threading
from datetime import timedelta

import pytest
from django.db import connection

from builds.actions import verify_artifacts as module
from builds.actions.ingest import ingest
from builds.actions.verify_artifacts import ATTEMPTS, Finding, record, verify_artifacts, wait_after
from builds.evidence_store import read
from builds.models import Artifact, Build
from builds.states import ArtifactState
from tests import people
from tests.builds import bundles, events
from tests.builds.posts import OTHER_DIGEST, artifact, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def bells(monkeypatch):
    rung = []
    monkeypatch.setattr(module, "ring", lambda task, to, queue: rung.append((task, to, queue)))
    return rung


@pytest.fixture
def build_of(bucket, bells):
    """Makes a build of artifacts that really lie in S3; arguments: name=(kind, bytes) or name=member dict."""
    people.application("payments")

    def make(**given):
        artifacts = []
        for name, what in given.items():
            if isinstance(what, dict):
                artifacts.append(artifact(name, **{"kind": "file", **what}))
            else:
                artifacts.append(artifact(name, what[0], **bucket.put(name, what[1])))
        build, _ = ingest(actor=people.ci(), post=post(artifacts=artifacts))
        return build

    return make


def states(build):
    return dict(build.artifacts.values_list("name", "state"))


def come_due(build):
    """As if the back-off had passed."""
    at = Build.objects.get(pk=build.pk).created_at - timedelta(seconds=1)
    Artifact.objects.filter(build=build, next_attempt_at__isnull=False).update(next_attempt_at=at)


def test_all_artifacts_as_posted_verify_the_build(build_of, sessions, bells):
    build = build_of(one=("file", b"one"), two=("file", b"two" * 1000))
    assert verify_artifacts(build_id=build.pk, sessions=sessions) == ["one", "two"]
    assert states(build) == {"one": "verified", "two": "verified"}
    assert Build.objects.get().state == "verified"
    assert events.kinds() == ["build.received", "artifact.verified", "artifact.verified"]
    body = events.bodies("artifact.verified")[0]
    assert (body["subject"], body["outcome"]) == (f"build:{build.pk}", "allowed")
    assert body["data"] == {
        "artifact": "one",
        "declared": Artifact.objects.get(name="one").digest,
        "found": Artifact.objects.get(name="one").digest,
        "size": 3,
    }
    assert bells == [("deployments.sweep_build", build.pk, "default")] * 2


def test_a_verified_artifact_is_not_read_again(build_of, sessions, control):
    build = build_of(one=("file", b"one"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    before = len(control.calls(action="GetObject"))
    assert verify_artifacts(build_id=build.pk, sessions=sessions) == []
    assert len(control.calls(action="GetObject")) == before
    assert Artifact.objects.get().attempts == 1


def test_other_bytes_than_posted_quarantine_the_build_for_good(build_of, bucket, sessions):
    build = build_of(good=("file", b"good"), bad={**bucket.put("bad", b"bad"), "digest": OTHER_DIGEST})
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert states(build) == {"good": "verified", "bad": "mismatch"}
    assert Build.objects.get().state == "quarantined"
    found = Artifact.objects.get(name="bad")
    assert found.next_attempt_at is None
    assert OTHER_DIGEST in found.detail
    body = events.body("artifact.mismatch")
    assert (body["outcome"], body["data"]["declared"]) == ("failed", OTHER_DIGEST)
    assert body["data"]["found"] == bucket.put("again", b"bad")["digest"]


def test_the_posted_version_is_read_even_after_the_key_was_overwritten(build_of, bucket, sessions):
    posted = bucket.put("same-key", b"first")
    bucket.put("same-key", b"second")
    build = build_of(one=posted)
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert states(build) == {"one": "verified"}


@pytest.mark.parametrize("change", [{"version_id": "no-such-version"}, {"uri": "s3://builds-none/key"}])
def test_what_is_not_there_is_missing_and_looked_for_again(build_of, bucket, sessions, change):
    build = build_of(one={**bucket.put("one", b"one"), **change})
    verify_artifacts(build_id=build.pk, sessions=sessions)
    row = Artifact.objects.get()
    assert (row.state, row.attempts) == ("missing", 1)
    assert row.next_attempt_at > row.checked_at
    assert Build.objects.get().state == "received"
    assert events.body("artifact.missing")["outcome"] == "failed"
    assert verify_artifacts(build_id=build.pk, sessions=sessions) == []  # not due yet


def test_a_missing_artifact_that_appears_is_verified(build_of, bucket, sessions):
    posted = bucket.put("late", b"late")
    build = build_of(late={**posted, "version_id": "not-yet"})
    verify_artifacts(build_id=build.pk, sessions=sessions)
    Artifact.objects.update(version_id=posted["version_id"])
    come_due(build)
    assert verify_artifacts(build_id=build.pk, sessions=sessions) == ["late"]
    assert states(build) == {"late": "verified"}
    assert Build.objects.get().state == "verified"


def test_denied_reading_is_tried_four_times_and_then_unreadable_never_verified(build_of, sessions, control):
    build = build_of(one=("file", b"one"))
    control.fault("s3", "GetObject", "access_denied", times=4)
    seen = []
    for _ in range(4):
        verify_artifacts(build_id=build.pk, sessions=sessions)
        seen.append(Artifact.objects.get().state)
        come_due(build)
    assert seen == ["pending", "pending", "pending", "unreadable"]
    assert Build.objects.get().state == "received"
    assert events.kinds() == ["build.received", "artifact.unreadable"]
    assert "AWS refused" in Artifact.objects.get().detail
    verify_artifacts(build_id=build.pk, sessions=sessions)  # access was granted meanwhile
    assert states(build) == {"one": "verified"}
    assert Build.objects.get().state == "verified"


def test_an_outage_of_s3_says_nothing_about_the_artifact(build_of, sessions, control):
    build = build_of(one=("file", b"one"))
    control.fault("s3", "GetObject", "server_error", times=20)
    verify_artifacts(build_id=build.pk, sessions=sessions)
    row = Artifact.objects.get()
    assert (row.state, row.attempts) == ("pending", 1)
    assert events.kinds() == ["build.received"]


def test_an_object_over_the_limit_is_unreadable_and_not_tried_again(build_of, sessions, monkeypatch):
    monkeypatch.setattr(module, "MOST_BYTES", 2)
    build = build_of(one=("file", b"one"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    row = Artifact.objects.get()
    assert (row.state, row.next_attempt_at) == ("unreadable", None)
    assert Build.objects.get().state == "received"
    assert build.pk  # nothing else was written about it
    assert events.body("artifact.unreadable")["data"]["found"] is None


def test_a_test_bundle_is_read_once_and_its_spec_is_kept(build_of, sessions, control):
    build = build_of(tests=("test-bundle", bundles.BUNDLE))
    before = len(control.calls(action="GetObject"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert len(control.calls(action="GetObject")) == before + 1
    spec = Build.objects.get().test_spec
    assert spec["digest"] == bundles.SPEC_DIGEST
    assert [(suite["name"], suite["buildspec"]) for suite in spec["suites"]] == [("smoke", "buildspec.yml")]


def test_a_test_bundle_without_a_spec_leaves_its_problem_on_the_build(build_of, sessions):
    build = build_of(tests=("test-bundle", b"no zip"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert states(build) == {"tests": "verified"}
    spec = Build.objects.get().test_spec
    assert [problem["code"] for problem in spec["problems"]] == ["bundle_unreadable"]
    assert "suites" not in spec


def test_the_spec_of_a_bundle_with_other_bytes_is_not_read(build_of, bucket, sessions):
    posted = artifact("tests", "test-bundle", **{**bucket.put("t", bundles.BUNDLE), "digest": OTHER_DIGEST})
    build, _ = ingest(actor=people.ci(), post=post("2", artifacts=[posted]))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    stored = Build.objects.get(pk=build.pk)
    assert (stored.state, stored.test_spec) == ("quarantined", None)


def test_a_finding_is_recorded_once_when_two_workers_read_the_same(build_of):
    build_of(one=("file", b"one"))
    mine, theirs = Artifact.objects.get(), Artifact.objects.get()
    assert record(mine, Finding(ArtifactState.VERIFIED, digest=mine.digest, size=3)) is True
    assert record(theirs, Finding(ArtifactState.MISMATCH, digest=OTHER_DIGEST, size=3)) is False
    assert Artifact.objects.get().state == "verified"
    assert events.kinds() == ["build.received", "artifact.verified"]


def test_attempts_to_read_it_end_at_last(build_of):
    build_of(one=("file", b"one"))
    Artifact.objects.update(attempts=ATTEMPTS - 1, state="missing")
    record(Artifact.objects.get(), Finding(ArtifactState.MISSING, "gone", final=False))
    assert Artifact.objects.get().next_attempt_at is None


def test_waiting_doubles_up_to_a_quarter_of_an_hour(settings):
    settings.TIME_SCALE = 1.0
    assert [wait_after(n).total_seconds() for n in (1, 2, 3, 8, 9, 200)] == [5, 10, 20, 640, 900, 900]


def test_an_unknown_and_a_withdrawn_build_are_left_alone(build_of, sessions, control):
    build = build_of(one=("file", b"one"))
    Build.objects.update(withdrawn_at=build.created_at)
    before = len(control.calls(action="GetObject"))
    assert verify_artifacts(build_id=build.pk, sessions=sessions) == []
    assert verify_artifacts(build_id="bld_unknown", sessions=sessions) == []
    assert len(control.calls(action="GetObject")) == before


@pytest.mark.django_db(transaction=True)
def test_s3_is_read_outside_any_transaction(build_of, sessions, monkeypatch):
    build = build_of(one=("file", b"one"))
    inside = []
    real = module.hash_object
    monkeypatch.setattr(
        module, "hash_object", lambda *a, **k: (inside.append(connection.in_atomic_block), real(*a, **k))[1]
    )
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert inside == [False]


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_record_each_artifact_once(build_of, sessions):
    build = build_of(one=("file", b"one"), two=("file", b"two"))
    failures, written, start = [], [], threading.Barrier(4)

    def one():
        try:
            start.wait(30)
            written.extend(verify_artifacts(build_id=build.pk, sessions=sessions))
        except Exception as error:
            failures.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert sorted(written) == ["one", "two"]
    assert Build.objects.get().state == "verified"
    assert events.kinds() == ["build.received", "artifact.verified", "artifact.verified"]


def test_a_verified_template_is_kept_for_pages_that_cannot_read_s3(build_of, sessions, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    body = b'{"Resources": {}}'
    build = build_of(template=("cloudformation-template", body), one=("file", b"one"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert read(build.artifacts.get(name="template").digest) == body
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_a_template_that_is_not_what_was_posted_is_not_kept(build_of, bucket, sessions, settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    wrong = {**bucket.put("template", b"{}"), "digest": OTHER_DIGEST, "kind": "cloudformation-template"}
    build = build_of(template=wrong)
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert (states(build), list(tmp_path.iterdir())) == ({"template": "mismatch"}, [])


def test_a_template_too_large_to_be_read_or_a_full_disk_does_not_stop_the_check(
    build_of, sessions, settings, tmp_path
):
    settings.EVIDENCE_DIR = tmp_path / "none"
    (tmp_path / "none").write_text("a file where the folder should be")
    kind = "cloudformation-template"
    build = build_of(large=(kind, b"{}" + b" " * 1024**2), small=(kind, b"{}"))
    verify_artifacts(build_id=build.pk, sessions=sessions)
    assert states(build) == {"large": "verified", "small": "verified"}
