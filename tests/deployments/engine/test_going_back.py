"""What AWS or the tests undo: back to what was verified, tested again, and never claimed before it was read."""

import pytest

from deployments.actions.baseline import baseline
from deployments.models import Intent, Lane, Step
from tests.deployments.engine.driving import BAD, value

FAILED = {"service": "cloudformation", "action": "*", "kind": "fail_resource", "resource": "P"}

pytestmark = pytest.mark.one_database


@pytest.fixture
def running_one(engine):
    """1.0.0 runs, deployed by the engine."""
    engine.release("1.0.0")
    engine.deploy("1.0.0")
    return engine


def steps(row) -> list[tuple[str, str]]:
    kinds = ("apply", "test", "rollback", "bake")
    rows = Step.objects.filter(deployment=row, kind__in=kinds).order_by("seq")
    return list(rows.values_list("kind", "state"))


def test_what_aws_undid_by_itself_is_tested_again_and_then_rolled_back(running_one, control, session):
    control.reset_counts()
    control.fault(**FAILED, reason="The value is not allowed.")
    running_one.release("1.1.0")
    row = running_one.deploy("1.1.0")
    assert (row.state, row.rolled_back_to, value(session)) == ("rolled_back", "1.0.0", "1.0.0")
    assert steps(row) == [("apply", "failed"), ("test", "skipped"), ("rollback", "done"), ("test", "done")]
    assert "The value is not allowed." in Step.objects.get(deployment=row, kind="apply").detail
    assert (
        control.count("cloudformation", "ExecuteChangeSet"),
        control.count("codebuild", "StartBuild"),
    ) == (1, 1)
    assert Lane.objects.get().version == "1.0.0"


def test_a_rollback_whose_tests_fail_locks_the_lane_until_somebody_says_what_runs(engine, tmp_path):
    """The old tests passed when they ran first, and fail now: neither release is known to work."""
    engine.release("1.0.0", command=f"test ! -e {tmp_path}/broken")
    engine.deploy("1.0.0")
    (tmp_path / "broken").touch()
    engine.release("1.1.0", report=BAD)
    row = engine.deploy("1.1.0")
    assert (row.state, row.rolled_back_to) == ("rollback_failed", "1.0.0")
    assert steps(row) == [("apply", "done"), ("test", "failed"), ("rollback", "done"), ("test", "failed")]
    lane = Lane.objects.get()
    assert (lane.version, lane.deployment_id, lane.in_progress_id) == ("", row.pk, None)
    engine.release("1.2.0")
    stopped = engine.advance(engine.ask("1.2.0"), until=lambda row: row.state == "waiting")
    assert (stopped.waiting_for, [r["code"] for r in stopped.reasons]) == ("lane", ["lane_busy"])
    assert "Going back from 1.1.0 failed" in stopped.reasons[0]["text"]
    assert engine.rounds(stopped, 3).started_at is None
    place = {"application": "payments", "version": "1.0.0", "environment": "dev"}
    baseline(actor=engine.world.actor("rita"), **place, reason="Mended by hand; 1.0.0 answers.")
    assert engine.rounds(stopped, 1).started_at is not None


def test_a_rollback_that_aws_undoes_is_rollback_failed_and_says_why(running_one, control):
    running_one.release("1.1.0", report=BAD)
    row = running_one.ask("1.1.0")
    while row.state not in ("rolling_back", "rolled_back"):
        row = running_one.look(row)
    control.fault(**FAILED, reason="It cannot go back.")
    row = running_one.advance(row)
    assert row.state == "rollback_failed"
    assert "It cannot go back." in Step.objects.get(deployment=row, kind="rollback").detail


def test_a_first_creation_that_failed_is_failed_and_its_dead_stack_goes_before_the_next(
    engine, control, session
):
    engine.release("1.0.0")
    control.fault(**FAILED, reason="No such thing.")
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"], row.rolled_back_to) == ("failed", "creation_failed", "")
    assert "No such thing." in row.reasons[0]["text"]
    assert (steps(row), Lane.objects.get().version) == ([("apply", "failed"), ("test", "skipped")], "")
    stacks = session.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackStatus"] for stack in stacks] == ["ROLLBACK_COMPLETE"]
    again = engine.deploy("1.0.0")
    assert (again.state, value(session)) == ("succeeded", "1.0.0")
    assert control.count("cloudformation", "DeleteStack") == 1
    assert Intent.objects.get(deployment=again, api="cloudformation.DeleteStack").purpose == "cleanup"


def test_a_plan_without_changes_skips_apply_and_runs_the_tests(running_one, control):
    control.reset_counts()
    running_one.release("1.0.1", value="1.0.0")
    row = running_one.deploy("1.0.1")
    assert (row.state, row.plan_state) == ("succeeded", "none")
    assert steps(row) == [("apply", "skipped"), ("test", "done")]
    assert (
        control.count("cloudformation", "ExecuteChangeSet"),
        control.count("codebuild", "StartBuild"),
    ) == (0, 1)
    assert row.aws_identity["arn"].endswith(f"rg-{row.pk.removeprefix('dep_')}-1")


def test_a_bake_holds_the_lane_for_its_time_and_only_then_has_it_succeeded(engine_for):
    engine = engine_for({"dev": {"bake": 120}})
    engine.release("1.0.0")
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: steps(row)[-1] == ("bake", "running"))
    assert (row.state, steps(row)) == (
        "verifying",
        [("apply", "done"), ("test", "done"), ("bake", "running")],
    )
    engine.later(100)
    row = engine.rounds(row, 2)
    assert (row.state, Lane.objects.get().in_progress_id) == ("verifying", row.pk)
    engine.later(30)
    row = engine.advance(row)
    assert (row.state, steps(row)[-1], Lane.objects.get().version) == ("succeeded", ("bake", "done"), "1.0.0")
