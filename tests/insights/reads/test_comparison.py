"""What a release would bring, section by section; a template that was not kept is unknown and never the same."""

import json

import pytest

from builds.actions.verify_artifacts import verify_artifacts
from builds.models import Artifact
from insights.reads.comparison import compare
from releases.actions.hand_over import hand_over
from releases.models import Release
from tests import people
from tests.builds.posts import artifact, post
from tests.releases.conftest import bucket, control, sessions

__all__ = ["bucket", "control", "sessions"]
pytestmark = pytest.mark.django_db
QUEUE = {"Type": "AWS::SQS::Queue"}


def template(**resources) -> bytes:
    return json.dumps({"Resources": resources}).encode()


def role(*actions) -> dict:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:x"}
    policy = {"PolicyDocument": {"Statement": [statement]}}
    return {"Type": "AWS::IAM::Role", "Properties": {"Policies": [policy]}}


@pytest.fixture
def release_of(bucket, sessions, settings, tmp_path):
    """A release whose artifacts were read and kept; `files`: {name: bytes}."""
    people.application("payments")
    settings.EVIDENCE_DIR = tmp_path

    def make(version, **files):
        kinds = {"template": "cloudformation-template"}
        rows = [
            artifact(name, kinds.get(name, "lambda-zip"), **bucket.put(name, data))
            for name, data in files.items()
        ]
        release = hand_over(actor=people.ci(), post=post(version, artifacts=rows))[1]
        verify_artifacts(build_id=release.build_id, sessions=sessions)
        return Release.objects.select_related("build").get(pk=release.pk)

    return make


def words(found) -> tuple[str, str]:
    return found.template["word"], found.iam["word"]


def test_where_nothing_is_recorded_all_of_it_is_new(release_of):
    found = compare(release_of("1.0.0", template=template(Queue=QUEUE), function=b"code"), None)
    assert (found.against, found.unchanged) == (None, 0)
    assert [(row["name"], row["change"], row["state"]) for row in found.artifacts] == [
        ("function", "added", "verified"),
        ("template", "added", "verified"),
    ]
    assert [(row["logical_id"], row["what"]) for row in found.template["resources"]] == [("Queue", "add")]
    assert found.commits_words == "1 commit"
    assert words(found) == ("Changed", "No right is widened")


def test_a_newer_release_is_told_against_what_runs(release_of):
    old = release_of("1.0.0", template=template(Queue=QUEUE), function=b"code", tool=b"old")
    new = release_of("1.1.0", template=template(Role=role("s3:*")), function=b"code", extra=b"new")
    found = compare(new, old)
    assert (found.against, found.unchanged, found.commits_words) == ("1.0.0", 1, "1 commit since 1.0.0")
    assert [(row["name"], row["change"], row["state"]) for row in found.artifacts] == [
        ("extra", "added", "verified"),
        ("template", "changed", "verified"),
        ("tool", "removed", "unknown"),
    ]
    gone = found.artifacts[2]
    assert (gone["digest"], gone["size"]) == (gone["old_digest"], len(b"old"))
    assert {(row["logical_id"], row["what"]) for row in found.template["resources"]} == {
        ("Queue", "remove"),
        ("Role", "add"),
    }
    assert words(found) == ("Changed", "Rights are widened")


def test_going_back_says_what_goes_away(release_of):
    old = release_of("1.0.0", function=b"one")
    new = release_of("1.1.0", function=b"two")
    found = compare(old, new)
    assert (found.against, found.commits_words) == ("1.1.0", "1 commit goes away")
    assert words(found) == ("No template on either side", "No template on either side")


def test_the_same_release_changes_nothing(release_of):
    one = release_of("1.0.0", template=template(Queue=QUEUE))
    found = compare(one, one)
    assert (found.artifacts, found.unchanged) == ([], 1)
    assert (found.commits_words, found.commits_warning) == ("the same release again", "")
    assert words(found) == ("Unchanged", "No right is widened")


@pytest.mark.parametrize("state", ["pending", "missing", "mismatch", "unreadable"])
def test_a_template_that_is_not_verified_is_unknown_and_never_unchanged(release_of, state):
    old = release_of("1.0.0", template=template(Queue=QUEUE))
    new = release_of("1.1.0", template=template(Queue=QUEUE, Role=role("s3:*")))
    Artifact.objects.filter(build=new.build).update(state=state)
    found = compare(new, old)
    assert words(found) == ("Could not be compared", "Could not be worked out")
    assert found.artifacts[0]["state"] == state
    assert found.template["problems"][0]["artifact"] == "template"


def test_commits_that_were_not_posted_are_no_empty_list(release_of):
    old, new = release_of("1.0.0", function=b"one"), release_of("1.1.0", function=b"two")
    new.build.commits = None
    new.build.save(update_fields=["commits"])
    found = compare(new, old)
    assert (found.commits, found.commits_words) == ([], "change list not supplied since 1.0.0")
    assert found.commits_warning.startswith("Change list not supplied: ")
