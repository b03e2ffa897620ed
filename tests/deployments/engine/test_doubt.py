"""When AWS is late, silent, or lets nobody in: nothing is claimed that was not read, and nothing is done twice."""

import time
from datetime import timedelta

import pytest

from deployments.actions.resolve import resolve
from deployments.engine.work import cache
from deployments.models import Intent, Lane, Step
from kernel.clock import now
from tests.deployments.engine.driving import value
from tests.teams.events import events

pytestmark = pytest.mark.one_database


def executing(engine, control, seconds: float = 60):
    """A deployment whose stack AWS is slow with: the order was given, and it is at it."""
    control.fault("cloudformation", "*", "slow_stack", seconds=seconds)
    engine.release("1.0.0")
    return engine.advance(engine.ask("1.0.0"), until=lambda row: executed(row) and at_it(row))


def executed(row) -> bool:
    return Intent.objects.filter(deployment=row, purpose="apply", outcome="done").exists()


def at_it(row) -> bool:
    return "IN_PROGRESS" in step(row, "apply").detail


def step(row, kind: str) -> Step:
    return Step.objects.filter(deployment=row, kind=kind).latest("seq")


def codes(row) -> list[str]:
    return [reason["code"] for reason in row.reasons]


def shut_out(control) -> None:
    """Nobody may assume the role any more, and no worker has a session left."""
    control.fault("sts", "AssumeRole", "access_denied", times=10_000)
    cache.sessions.clear()


def test_a_lost_answer_is_uncertain_until_aws_is_read_and_then_goes_on(engine, control):
    engine.release("1.0.0")
    control.fault("cloudformation", "ExecuteChangeSet", "lost_after")
    row = engine.deploy("1.0.0")
    went = [
        event["data"]["to"]
        for event in events()
        if event["kind"].startswith("deployment.") and "to" in event["data"]
    ]
    assert went[-5:] == ["running", "uncertain", "running", "verifying", "succeeded"]
    assert (row.state, control.count("cloudformation", "ExecuteChangeSet")) == ("succeeded", 1)


def test_an_answer_lost_three_times_is_read_once_more_before_anybody_is_asked(engine, control, session):
    engine.release("1.0.0")
    control.fault("cloudformation", "ExecuteChangeSet", "lost_before", times=2)
    control.fault("cloudformation", "ExecuteChangeSet", "lost_after")
    row = engine.deploy("1.0.0")
    assert (row.state, value(session)) == ("succeeded", "1.0.0")
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_what_reading_cannot_settle_needs_a_human_who_settles_it_with_a_reason(engine, control):
    engine.release("1.0.0")
    control.fault("cloudformation", "ExecuteChangeSet", "lost_before", times=50)
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == "needs_human")
    assert (codes(row), Intent.objects.get(purpose="apply").sends) == (["needs_human"], 3)
    assert "(resolve)" in row.reasons[0]["how_to_clear"]
    assert engine.rounds(row, 3).state == "needs_human"
    assert (Lane.objects.get().in_progress_id, Intent.objects.get(purpose="apply").sends) == (row.pk, 3)
    settled = {"outcome": "failed", "reason": "The change set was never executed; I looked."}
    resolve(actor=engine.world.actor("rita"), deployment_id=row.pk, **settled)
    row = engine.advance(row)
    assert (row.state, Lane.objects.get().in_progress_id) == ("failed", None)
    assert control.count("cloudformation", "ExecuteChangeSet") == 0


@pytest.mark.parametrize(("done", "state"), [(False, "needs_human"), (True, "succeeded")])
def test_a_step_past_its_time_is_read_first_and_only_then_unknown(engine, control, done, state):
    row = executing(engine, control, seconds=0.6 if done else 60)
    if done:
        time.sleep(0.7)
    Step.objects.filter(pk=step(row, "apply").pk).update(started_at=now() - timedelta(seconds=14_401))
    row = engine.advance(row, until=lambda row: row.state in ("needs_human", "succeeded"))
    assert row.state == state
    if not done:
        assert row.reasons[0]["text"] == "AWS is still at it after four hours."
        assert (row.lease_until, Lane.objects.get().in_progress_id) == (None, row.pk)


def test_three_hours_into_it_a_deployment_goes_on_with_sessions_taken_anew(engine, control, session):
    """A stack with a database: far past the life of any session, and nobody is asked."""
    control.set_clock_offset(-800)
    row = executing(engine, control, seconds=1.5)
    Step.objects.filter(pk=step(row, "apply").pk).update(started_at=now() - timedelta(hours=3, seconds=1))
    taken = len(control.calls(action="AssumeRole"))
    row = engine.rounds(row, 3)
    assert (row.state, at_it(row), row.reasons) == ("running", True, [])
    row = engine.advance(row)
    assert (row.state, value(session)) == ("succeeded", "1.0.0")
    assert len(control.calls(action="AssumeRole")) >= taken + 5
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_a_plan_that_takes_too_long_fails_and_asks_nobody(engine, control):
    engine.release("1.0.0")
    control.fault("cloudformation", "*", "hidden", seconds=60, times=10_000)
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: step(row, "plan").started_at is not None)
    Step.objects.filter(pk=step(row, "plan").pk).update(started_at=now() - timedelta(seconds=601))
    row = engine.advance(row, until=lambda row: row.ended_at)
    assert (row.state, codes(row), row.approval) == ("failed", ["plan_failed"], None)
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_the_heartbeat_keeps_the_lease_through_a_call_longer_than_it(engine, control, settings):
    settings.LEASE_SECONDS, settings.LEASE_RENEW_SECONDS = 0.4, 0.1
    engine.release("1.0.0")
    control.fault("cloudformation", "ExecuteChangeSet", "late", seconds=0.9)
    row = engine.deploy("1.0.0")
    assert (row.state, row.crashes) == ("succeeded", 0)
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_a_refused_refresh_pauses_keeps_everything_and_goes_on_after_the_fix(engine, control, session):
    row = executing(engine, control, seconds=0.5)
    shut_out(control)
    row = engine.rounds(row, 30)
    assert row.state == "uncertain", "neither failed nor given to a human: it goes on by itself"
    assert "AccessDenied" in row.reasons[0]["text"]
    assert Lane.objects.get().in_progress_id == row.pk
    control.clear()
    row = engine.advance(row)
    assert (row.state, value(session)) == ("succeeded", "1.0.0")
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_a_pause_outlasts_the_steps_time_but_not_for_ever(engine, control):
    row = executing(engine, control)
    shut_out(control)
    row = engine.rounds(row, 2)
    Step.objects.filter(pk=step(row, "apply").pk).update(started_at=now() - timedelta(hours=9))
    assert engine.rounds(row, 2).state == "uncertain"
    engine.later(86_500)
    assert engine.rounds(row, 1).state == "needs_human"


def test_refused_before_the_start_it_starts_nothing_says_so_and_goes_on_after_the_fix(engine, control):
    engine.release("1.0.0")
    row = engine.ask("1.0.0", not_before=now() + timedelta(hours=1))
    row = engine.advance(row, until=lambda row: row.state == "waiting" and row.plan_state == "ready")
    shut_out(control)
    engine.later(3601)
    engine.world.worker_lives("main")
    row = engine.rounds(row, 10)
    assert (row.state, codes(row), row.started_at) == ("planning", ["external_check"], None)
    assert "AccessDenied" in row.reasons[0]["text"]
    control.clear()
    assert engine.advance(row).state == "succeeded"


def test_credentials_are_renewed_before_they_end(engine, control):
    """Sessions that live a hundred seconds are taken anew at each step: two minutes before the end is too late."""
    engine.release("1.0.0")
    control.set_clock_offset(-800)
    control.fault("cloudformation", "*", "slow_stack", seconds=0.5)
    row = engine.deploy("1.0.0")
    assumed = [call for call in control.calls(action="AssumeRole") if call["status"] == 200]
    assert row.state == "succeeded"
    assert len(assumed) > 10
    assert control.count("cloudformation", "ExecuteChangeSet") == 1
