"""Votes for a later time: they hold until the start only while they are valid and nothing of the content changed."""

from datetime import timedelta

import pytest

from approvals.models import Vote
from audit.models import AuditEvent
from deployments.actions.change_parameters import change_parameters
from kernel.clock import now
from tests.deployments.engine.driving import value
from tests.pipelines import places

HOUR = 3600


@pytest.fixture
def engine(engine_for):
    """Into staging, which needs one key of the release managers; it holds for a day."""
    made = engine_for({"staging": {}})
    made.release("1.0.0")
    return made


def scheduled(engine, seconds: int):
    """Asked for in so many seconds, and rita's key turned now."""
    row = engine.ask("1.0.0", not_before=now() + timedelta(seconds=seconds))
    row = engine.advance(row, until=lambda row: row.state == "needs_approval")
    engine.world.vote(row, "rita")
    return engine.advance(row, until=lambda row: row.state == "waiting")


def test_it_waits_for_its_time_and_then_starts_by_itself(engine, session, control):
    row = scheduled(engine, HOUR)
    assert (row.waiting_for, [reason["code"] for reason in row.reasons]) == ("schedule", ["scheduled"])
    engine.later(HOUR - 60)
    assert engine.rounds(row, 2).state == "waiting"
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    engine.later(61)
    row = engine.advance(row)
    assert (row.state, row.approval.state, value(session)) == ("succeeded", "consumed", "1.0.0")
    assert row.started_at >= row.not_before


def test_keys_that_lapse_before_the_start_end_it_and_nothing_starts(engine, control):
    row = scheduled(engine, 86_400 + HOUR)
    assert row.approval.valid_until < row.not_before
    engine.later(86_400)
    row = engine.advance(row)
    assert (row.state, row.started_at) == ("expired", None)
    engine.later(HOUR)
    assert engine.rounds(row, 2).state == "expired"
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    assert AuditEvent.objects.filter(kind="deployment.running").count() == 0


def test_content_that_changes_before_the_start_voids_the_votes(engine, session, control):
    row = scheduled(engine, HOUR)
    change_parameters(actor=engine.world.actor("dana"), deployment_id=row.pk, parameters={"Stage": "blue"})
    engine.later(HOUR + 1)
    row = engine.advance(row, until=lambda row: row.state == "needs_approval" and row.plan_state == "ready")
    assert Vote.objects.get().void is True
    assert engine.rounds(row, 2).state == "needs_approval"
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    engine.world.vote(row, "rosa")
    row = engine.advance(row)
    assert (row.state, value(session)) == ("succeeded", "1.0.0")
    assert [vote.person.username for vote in Vote.objects.filter(void=False)] == ["rosa"]


def test_a_window_that_closed_since_it_was_asked_for_is_asked_again_at_the_start(engine, control):
    row = scheduled(engine, HOUR)
    places.freeze(scope={"environment": "staging"}, start="2026-01-01T00:00:00", end="2099-01-01T00:00:00")
    engine.later(HOUR + 1)
    row = engine.rounds(row, 2)
    assert (row.state, row.waiting_for, row.reasons[0]["code"]) == ("waiting", "window", "freeze")
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
