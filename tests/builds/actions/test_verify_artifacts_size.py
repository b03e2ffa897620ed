"""The size of an artifact is what was read of it, whatever the CI posted."""

import pytest

from builds.actions.ingest import ingest
from builds.actions.verify_artifacts import verify_artifacts
from builds.models import Artifact
from tests import people
from tests.builds import events
from tests.builds.posts import OTHER_DIGEST, artifact, post

pytestmark = pytest.mark.django_db


@pytest.fixture
def read(bucket, sessions, monkeypatch):
    """The row of an artifact of these bytes, posted with these members, after it was read."""
    monkeypatch.setattr("builds.actions.verify_artifacts.ring", lambda *args, **more: None)

    def made(data: bytes, **posted) -> Artifact:
        people.application("payments")
        rows = [artifact("one", "file", **{**bucket.put("one", data), **posted})]
        build, _ = ingest(actor=people.ci(), post=post(artifacts=rows))
        verify_artifacts(build_id=build.pk, sessions=sessions)
        return Artifact.objects.get()

    return made


@pytest.mark.parametrize("posted", [1, 2_000_000_000, None])
def test_a_size_that_was_posted_wrong_is_replaced_by_the_one_that_was_read(read, posted):
    row = read(b"one", size=posted)
    assert (row.state, row.size) == ("verified", 3)
    assert row.detail == (f"It has 3 bytes; the build says {posted}." if posted else "")
    assert events.body("artifact.verified")["data"]["size"] == 3


def test_the_size_of_other_bytes_is_not_taken_over(read):
    row = read(b"other", digest=OTHER_DIGEST, size=3)
    assert (row.state, row.size) == ("mismatch", 3)
