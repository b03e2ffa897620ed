"""A deployment in this process, against the sandbox, with what AWS does to it on the way."""

from datetime import timedelta

import pytest

from deployments.actions.cancel import cancel
from deployments.models import Deployment, Intent, Lane, Worker
from kernel.clock import now
from tests.deployments.engine.driving import BAD, value


def test_release_is_planned_applied_tested_and_runs(engine, session, control):
    engine.release("1.0.0")
    row = engine.deploy("1.0.0")
    assert (row.state, row.plan_state) == ("succeeded", "ready")
    assert value(session) == "1.0.0"
    assert Lane.objects.get().version == "1.0.0"
    assert ":assumed-role/ReleaseGateDeploy/" in row.aws_identity["arn"]
    assert set(Intent.objects.values_list("outcome", flat=True)) == {"done"}
    for service, action in (("cloudformation", "ExecuteChangeSet"), ("codebuild", "StartBuild")):
        assert control.count(service, action) == 1


def test_failed_test_goes_back_to_the_last_verified_release(engine, session):
    engine.release("1.0.0")
    engine.deploy("1.0.0")
    engine.release("1.1.0", report=BAD)
    row = engine.deploy("1.1.0")
    assert (row.state, row.rolled_back_to) == ("rolled_back", "1.0.0")
    assert value(session) == "1.0.0"
    assert Lane.objects.get().version == "1.0.0"


def test_failed_test_without_an_earlier_release_is_failed_and_says_so(engine):
    engine.release("1.0.0", report=BAD)
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"]) == ("failed", "no_rollback_target")
    assert Lane.objects.get().version == ""


@pytest.mark.parametrize("kind", ["lost_after", "lost_before", "late", "throttle", "server_error"])
@pytest.mark.parametrize("action", ["CreateChangeSet", "ExecuteChangeSet"])
def test_bad_answer_of_aws_changes_nothing_twice(engine, control, kind, action):
    engine.release("1.0.0")
    control.fault("cloudformation", action, kind, **({"seconds": 0.2} if kind == "late" else {}))
    assert engine.deploy("1.0.0").state == "succeeded"
    assert control.count("cloudformation", action) == 1
    assert set(Intent.objects.values_list("outcome", flat=True)) == {"done"}


@pytest.mark.parametrize("elsewhere", [True, False], ids=["another account", "another role there"])
def test_wrong_account_stops_before_any_change(engine, control, target, monkeypatch, elsewhere):
    engine.release("1.0.0")
    account, role = ("9" * 12, "ReleaseGateDeploy") if elsewhere else (target.account_id, "Other")
    stranger = {"account": account, "arn": f"arn:aws:sts::{account}:assumed-role/{role}/x"}
    monkeypatch.setattr("aws.session.AwsSession.identity", lambda session: stranger)
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state in ("failed", "succeeded"))
    assert (row.state, row.reasons[0]["code"]) == ("failed", "wrong_account")
    assert (row.aws_identity, Lane.objects.get().version) == (None, "")
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_pool_without_a_worker_waits_and_says_so(engine, control):
    engine.release("1.0.0")
    Worker.objects.all().delete()
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == "waiting")
    assert "pool_unavailable" in [reason["code"] for reason in row.reasons]
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def waiting(engine):
    """A planned deployment that may not start before another hour is over."""
    row = engine.world.request("1.0.0", "dev", not_before=now() + timedelta(hours=1))
    return engine.advance(row, until=lambda row: row.state == "waiting" and row.plan_state == "ready")


def test_cancelled_before_the_start_changes_nothing_and_leaves_no_plan_behind(engine, session, control):
    engine.release("1.0.0")
    row = waiting(engine)
    cancel(actor=engine.world.actor("dana"), deployment_id=row.pk, reason="Not today.")
    row = engine.advance(row)
    assert row.state == "cancelled"
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    assert control.count("cloudformation", "DeleteChangeSet") == 1
    left = session.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in left if stack["StackStatus"] != "DELETE_COMPLETE"] == []


def test_plan_that_is_gone_at_the_start_is_computed_again(engine, session, control):
    engine.release("1.0.0")
    row = waiting(engine)
    name = f"rg-{row.pk.removeprefix('dep_')}-1"
    session.client("cloudformation").delete_change_set(StackName="payments-dev", ChangeSetName=name)
    Deployment.objects.update(not_before=None)
    row = engine.advance(row)
    assert (row.state, row.plan_round) == ("succeeded", 2)
    assert control.count("cloudformation", "CreateChangeSet") == 2
    assert control.count("cloudformation", "ExecuteChangeSet") == 1
