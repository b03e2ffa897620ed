"""Suites in CodeBuild against the sandbox: really run, read back, adopted after a lost answer."""

import gzip
from dataclasses import replace

import pytest

from deployments.executor import Calls, Done, Failed, IntentView
from deployments.runners.codebuild import LOG_LIMIT, _text, run
from tests.builds.bundles import zipped
from tests.deployments.executors import carrying

SUITE = {"name": "smoke", "buildspec": "spec.yml", "report": "out/junit.xml", "timeout": 60}
REPORT = b'<testsuite tests="1"><testcase name="a"/></testsuite>'


def spec(*commands):
    lines = "".join(f"      - {command}\n" for command in commands)
    return (
        "version: 0.2\nphases:\n  build:\n    commands:\n" + lines + "artifacts:\n  files: ['out/*.xml']\n"
    ).encode()


@pytest.fixture
def made(session, target, staging):
    def make(*commands, files=None):
        data = zipped({"spec.yml": spec(*commands), "junit.xml": REPORT, **(files or {})})
        version = session.client("s3").put_object(Bucket=staging, Key="t.zip", Body=data)["VersionId"]
        place = {"bucket": staging, "key": "t.zip", "version_id": version}
        ref = carrying.artifact("tests", "test-bundle", data, **place)
        return carrying.context(session, target, {}, {"tests": data}, {"tests": ref})

    return make


def ask(context):
    return run(context, SUITE, "rg-one-1-7-0-1")


GOOD = ("mkdir out", "cp junit.xml out/junit.xml", "echo hello $RELEASEGATE_ENVIRONMENT")


def test_suite_runs_and_its_report_and_log_are_read(made, control):
    end, _ = carrying.carry(ask, made(*GOOD))
    assert isinstance(end, Done)
    assert (end.result["status"], end.result["junit"], end.result["detail"]) == ("SUCCEEDED", REPORT, "")
    assert "hello dev" in end.result["log"]
    assert control.count("codebuild", "StartBuild") == 1


def test_failing_suite_is_failed(made):
    end, _ = carrying.carry(ask, made("echo broken", "exit 3"))
    assert (end.result["status"], end.result["junit"]) == ("FAILED", None)
    assert end.result["detail"] == "No report at out/junit.xml."


def test_suite_without_a_report_says_where_it_was_expected(made):
    end, _ = carrying.carry(ask, made("mkdir out", "echo > out/other.xml"))
    assert (end.result["status"], end.result["junit"]) == ("SUCCEEDED", None)
    assert end.result["detail"] == "No report at out/junit.xml."


def test_lost_answer_starts_no_second_build(made, control):
    context = made(*GOOD)
    control.fault("codebuild", "StartBuild", "lost_after")
    context = carrying.send(context, ask(context))
    assert context.intents[-1].outcome == "ambiguous"
    end, _ = carrying.carry(ask, context)
    assert end.result["status"] == "SUCCEEDED"
    # Not sent again either: idempotencyToken would hold for five minutes only.
    assert control.count("codebuild", "StartBuild", effective=False) == 1


def test_after_a_lost_answer_only_the_build_with_our_token_is_adopted(made, control):
    context = made(*GOOD)
    control.fault("codebuild", "StartBuild", "lost_after")
    context = carrying.send(context, ask(context))
    assert not isinstance(ask(context), Calls)
    assert context.seen["rg-one-1-7-0-1"]["build"].startswith("releasegate-tests:")
    lost = IntentView("codebuild.StartBuild", "rg-other", "ambiguous", 1, {})
    stranger = replace(context, intents=(lost,), seen={})
    assert isinstance(run(stranger, SUITE, "rg-other"), Calls)
    assert stranger.seen == {}


def test_start_that_never_arrived_is_sent_again_with_the_same_token(made, control):
    context = made(*GOOD)
    control.fault("codebuild", "StartBuild", "lost_before")
    context = carrying.send(context, ask(context))
    again = ask(context)
    assert isinstance(again, Calls)
    assert again.calls[0].token == "rg-one-1-7-0-1"
    end, _ = carrying.carry(ask, context)
    assert isinstance(end, Done)
    assert control.count("codebuild", "StartBuild") == 1


def test_refused_start_is_a_failure_with_the_words_of_aws(made, control):
    control.fault("codebuild", "StartBuild", "access_denied")
    end, _ = carrying.carry(ask, made(*GOOD))
    assert isinstance(end, Failed)
    assert (end.code, end.changed) == ("test_refused", False)
    assert "AccessDeniedException" in end.detail
    assert control.count("codebuild", "StartBuild") == 0


def test_build_without_a_test_bundle_is_refused(made):
    context = replace(made(*GOOD), artifacts={})
    assert ask(context) == Failed("The build has no test-bundle.", code="test_spec_missing", changed=False)


def test_log_is_unpacked_no_further_than_it_is_kept():
    assert len(_text(gzip.compress(b"x" * (LOG_LIMIT * 3)))) == LOG_LIMIT
    assert _text(b"plain \xff") == "plain \ufffd"
