"""The reports of a team's tests: read before any lock is taken, and one that cannot be read is a failed suite."""

import pytest
from django.db import connection

from audit.models import AuditEvent
from builds import evidence_store
from builds.models import Build, Evidence
from deployments.models import Lane, Step
from tests.deployments.engine.driving import BAD, GOOD, SUITE

pytestmark = pytest.mark.one_database


def words(row) -> str:
    return Step.objects.filter(deployment=row, kind="test").latest("seq").detail


@pytest.mark.parametrize("report", [b"<testsuite", b"no report at all", b""])
def test_a_report_that_cannot_be_read_is_a_failed_suite_and_says_why(engine, report):
    engine.release("1.0.0", report=report)
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"], row.failures) == ("failed", "no_rollback_target", 0)
    assert "left a report that cannot be read" in words(row)
    assert Evidence.objects.count() == 0
    (event,) = AuditEvent.objects.filter(kind="evidence.refused")
    assert event.subject == f"deployment:{row.pk}"


@pytest.mark.parametrize("report", [b'<testsuite tests="0"/>', b'<testsuites tests="7"></testsuites>'])
def test_a_suite_that_reports_zero_tests_has_failed_whatever_it_counts(engine, report):
    engine.release("1.0.0", report=report)
    row = engine.deploy("1.0.0")
    assert (row.state, Lane.objects.get().version) == ("failed", "")
    assert "ran zero tests, which is a failure." in words(row)
    assert Evidence.objects.get().verdict != "pass"


def test_the_report_of_a_suite_is_kept_before_the_deployments_row_is_locked(engine, monkeypatch):
    inside, keep = [], evidence_store.keep

    def watched(data):
        inside.append(connection.in_atomic_block)
        return keep(data)

    engine.release("1.0.0")
    monkeypatch.setattr(evidence_store, "keep", watched)
    assert engine.deploy("1.0.0").state == "succeeded"
    assert inside == [False]


@pytest.mark.parametrize(
    ("report", "command", "said"),
    [
        (GOOD, "exit 3", "smoke: ended FAILED."),
        (GOOD, "kill -9 $$", "smoke: ended FAILED."),
        (GOOD, "rm junit.xml", "smoke: left no report; nothing unread counts as passed."),
        (b'<testsuite tests="0"/>', "true", "smoke: ran zero tests, which is a failure."),
        (BAD, "true", "smoke: 0 of 1 passed."),
    ],
    ids=["exit", "crash", "no report", "zero tests", "a failed test"],
)
def test_a_suite_that_did_not_pass_has_failed_and_nothing_is_said_to_run(engine, report, command, said):
    engine.release("1.0.0", report=report, command=command)
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"], Lane.objects.get().version) == (
        "failed",
        "no_rollback_target",
        "",
    )
    assert words(row).startswith(said)


def test_a_suite_over_its_time_has_failed(engine, control):
    control.set_minute(0.1)
    engine.release("1.0.0", command="sleep 60")
    row = engine.deploy("1.0.0")
    assert (row.state, Lane.objects.get().version) == ("failed", "")
    assert words(row).startswith("smoke: ended TIMED_OUT.")


def tried(engine, command: str):
    """A deployment whose suite may be tried once more; ("passed", words) of each attempt, and how many builds ran."""
    build = engine.release("1.0.0", command=command).build
    build.refresh_from_db()
    spec = {**build.test_spec, "suites": [{**SUITE, "retries": 1}]}
    Build.objects.filter(pk=build.pk).update(test_spec=spec)
    row = engine.deploy("1.0.0")
    results = Step.objects.get(deployment=row, kind="test").data["results"]
    return row, [(entry["attempt"], entry["passed"]) for entry in results]


def test_a_flaky_suite_is_tried_as_often_as_it_says_and_each_attempt_is_on_record(engine, control, tmp_path):
    row, attempts = tried(engine, f"test -e {tmp_path}/once || (touch {tmp_path}/once; rm junit.xml)")
    assert (row.state, attempts) == ("succeeded", [(1, False), (2, True)])
    assert control.count("codebuild", "StartBuild") == 2
    assert list(Evidence.objects.values_list("name", flat=True)) == ["smoke #2"]


def test_a_suite_that_never_passes_is_not_tried_more_often_than_it_says(engine, control):
    row, attempts = tried(engine, "exit 1")
    assert (row.state, attempts) == ("failed", [(1, False), (2, False)])
    assert control.count("codebuild", "StartBuild") == 2
