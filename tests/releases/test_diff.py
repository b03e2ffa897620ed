import json

import pytest

from builds.actions.verify_artifacts import verify_artifacts
from releases.actions.hand_over import hand_over
from releases.diff import diff
from releases.models import Release
from tests import people
from tests.builds.posts import OTHER_DIGEST, artifact, post

pytestmark = pytest.mark.django_db


def template(*actions, **resources):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "arn:x"}
    role = {
        "Type": "AWS::IAM::Role",
        "Properties": {"Policies": [{"PolicyDocument": {"Statement": [statement]}}]},
    }
    return json.dumps({"Resources": {"Role": role, **resources}}).encode()


@pytest.fixture
def release_of(bucket, sessions, settings, tmp_path):
    """Makes a release; `template` (bytes, or a member dict) is its CloudFormation template, if given."""
    people.application("payments")
    settings.EVIDENCE_DIR = tmp_path

    def make(version, what=None, function=b"code"):
        artifacts = [artifact("function", "lambda-zip", **bucket.put("function", function))]
        if what is not None:
            member = what if isinstance(what, dict) else bucket.put("template", what)
            artifacts.append(artifact("template", **member))
        release = hand_over(actor=people.ci(), post=post(version, artifacts=artifacts))[1]
        verify_artifacts(build_id=release.build_id, sessions=sessions)
        return Release.objects.select_related("build").get(pk=release.pk)

    return make


def test_every_section_of_an_unchanged_release_says_same(release_of, control):
    one, two = release_of("1", template("s3:GetObject")), release_of("2", template("s3:GetObject"))
    before = len(control.calls(action="GetObject"))
    found = diff(two, one)
    assert found["against"] == "1"
    assert {name: found[name]["state"] for name in ("artifacts", "template", "iam")} == {
        "artifacts": "same",
        "template": "same",
        "iam": "same",
    }
    assert [item["change"] for item in found["artifacts"]["items"]] == ["unchanged", "unchanged"]
    assert len(control.calls(action="GetObject")) == before  # only workers ask AWS


def test_changed_resources_and_wider_rights_are_named(release_of):
    one = release_of("1", template("s3:GetObject"), function=b"old")
    two = release_of("2", template("s3:*", Queue={"Type": "AWS::SQS::Queue"}), function=b"new!")
    found = diff(two, one)
    assert found["template"]["state"] == "changed"
    assert found["template"]["resources"] == [
        {
            "artifact": "template",
            "action": "added",
            "logical_id": "Queue",
            "type": "AWS::SQS::Queue",
            "fields": [],
        },
        {
            "artifact": "template",
            "action": "changed",
            "logical_id": "Role",
            "type": "AWS::IAM::Role",
            "fields": ["Properties.Policies"],
        },
    ]
    assert found["iam"]["state"] == "widened"
    assert found["iam"]["grants"] == [
        {
            "artifact": "template",
            "logical_id": "Role",
            "type": "AWS::IAM::Role",
            "what": "action",
            "value": "s3:*",
        }
    ]
    function = found["artifacts"]["items"][0]
    assert (function["name"], function["change"]) == ("function", "changed")
    assert (function["old_size"], function["new_size"]) == (3, 4)
    assert function["old_digest"] != function["new_digest"]
    assert (found["commits"]["state"], found["commits"]["direction"]) == ("supplied", "forward")


def test_narrower_rights_do_not_widen(release_of):
    one, two = release_of("1", template("s3:*")), release_of("2", template("s3:GetObject"))
    found = diff(two, one)
    assert (found["template"]["state"], found["iam"]["state"]) == ("changed", "same")


def test_where_nothing_runs_everything_is_added(release_of):
    found = diff(release_of("1", template("*")), None)
    assert found["against"] is None
    assert [item["change"] for item in found["artifacts"]["items"]] == ["added", "added"]
    assert [change["action"] for change in found["template"]["resources"]] == ["added"]
    assert found["iam"]["state"] == "widened"


def test_an_artifact_and_a_template_that_are_gone_are_removed(release_of):
    one, two = release_of("1", template("s3:*")), release_of("2")
    found = diff(two, one)
    assert [(item["name"], item["change"]) for item in found["artifacts"]["items"]] == [
        ("function", "unchanged"),
        ("template", "removed"),
    ]
    assert [change["action"] for change in found["template"]["resources"]] == ["removed"]
    assert found["iam"]["state"] == "same"


def test_without_any_template_there_is_none(release_of):
    found = diff(release_of("2", function=b"x"), release_of("1"))
    assert (found["template"]["state"], found["iam"]["state"]) == ("none", "none")


def test_a_template_that_cannot_be_read_is_unknown_never_same(release_of, bucket):
    one = release_of("1", template("s3:GetObject"))
    for version, what in {
        "missing": {**bucket.put("gone", b"{}"), "version_id": "no-such-version"},
        "malformed": b"Resources: [",
        "altered": {**bucket.put("altered", template("s3:*")), "digest": OTHER_DIGEST},
    }.items():
        found = diff(release_of(version, what), one)
        assert (found["template"]["state"], found["iam"]["state"]) == ("unknown", "unknown"), version
        assert found["template"]["resources"] == []
        assert [problem["artifact"] for problem in found["template"]["problems"]] == ["template"]
        assert found["artifacts"]["state"] == "changed"


def test_access_denied_is_unknown_with_the_reason(release_of, control):
    one = release_of("1", template("s3:GetObject"))
    control.fault("s3", "GetObject", "access_denied", times=9)
    two = release_of("2", template("s3:PutObject"))
    found = diff(two, one)
    assert found["iam"]["state"] == "unknown"
    assert "AWS refused" in found["iam"]["problems"][0]["detail"]


def test_a_copy_that_is_lost_or_was_altered_is_unknown(release_of, tmp_path):
    one, two = release_of("1", template("s3:GetObject")), release_of("2", template("s3:*"))
    (kept,) = tmp_path.glob("sha256/*/" + two.build.artifacts.get(name="template").digest[7:])
    kept.write_bytes(template("s3:GetObject"))
    assert diff(two, one)["iam"]["state"] == "unknown"
    kept.unlink()
    found = diff(two, one)
    assert (found["template"]["state"], found["iam"]["state"]) == ("unknown", "unknown")
    assert "No copy of s3://" in found["iam"]["problems"][0]["detail"]


def test_a_right_that_only_aws_can_work_out_is_unknown(release_of):
    one, two = release_of("1", template("s3:GetObject")), release_of("2", template({"Ref": "Which"}))
    found = diff(two, one)
    assert found["iam"]["state"] == "unknown"
    assert [grant["what"] for grant in found["iam"]["grants"]] == ["unreadable"]


def test_an_older_version_is_labelled_rollback(release_of):
    one, two = release_of("1"), release_of("2")
    assert diff(one, two)["commits"]["direction"] == "rollback"
