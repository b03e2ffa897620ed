"""Approved while it was open: a freeze that is declared afterwards, or a window that closed, holds all the same."""

from datetime import timedelta

import pytest

from deployments.decision import decide
from deployments.states import State
from kernel.clock import now
from kernel.models import ClockOffset
from pipelines.actions.archive_freeze import archive_freeze
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from tests.deployments.world import SYSTEM
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def local(seconds: int) -> str:
    return (now() + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def frozen(scope: dict, **more):
    words = {"name": "Sale", "timezone": "UTC", "reason": "The sale", "contact": "rita@acme.example"}
    return create_freeze(actor=SYSTEM, scope=scope, start=local(-60), end=local(3600), **words, **more)


def window(start: int, duration: int):
    rule = {"timezone": "UTC", "rrule": "FREQ=DAILY", "start": local(start), "duration": duration}
    return create_window(actor=SYSTEM, name="Night", scope={"environment": "prod"}, **rule)


@pytest.mark.parametrize(
    "scope",
    [{"environment": "prod"}, {"application": "payments"}, {}],
    ids=["environment", "application", "all"],
)
def test_a_freeze_declared_between_the_last_vote_and_the_start_holds(world, scope):
    asked = world.approved()
    assert decide(world.fresh(asked), SYSTEM, now()).word == "allow"
    freeze = frozen(scope)
    assert world.start(asked).state != State.RUNNING
    row = world.settle(asked)
    assert (row.state, row.waiting_for, row.started_at) == (State.WAITING, "window", None)
    assert [reason["code"] for reason in row.reasons] == ["freeze"]
    assert row.approval.consumed_at is None
    assert events("deployment.running") == []
    archive_freeze(actor=SYSTEM, freeze_id=freeze.pk, reason="Over")
    assert world.start(asked).state == State.RUNNING


@pytest.mark.parametrize("who", ["rita", "admin", "omar"])
def test_no_persons_word_opens_it(world, who):
    asked = world.approved()
    frozen({})
    verdict = decide(world.fresh(asked), world.actor(who), now())
    assert (verdict.word, [reason.code for reason in verdict.reasons]) == ("wait", ["freeze"])


def test_a_window_that_closed_meanwhile_holds_by_the_databases_clock(world):
    window(-60, 600)
    asked = world.approved()
    assert decide(world.fresh(asked), SYSTEM, now()).word == "allow"
    ClockOffset.objects.create(seconds=700)
    assert world.start(asked).state != State.RUNNING
    row = world.settle(asked)
    assert (row.state, row.waiting_for) == (State.WAITING, "window")
    assert [reason["code"] for reason in row.reasons] == ["outside_window"]


def test_a_freeze_of_something_else_holds_nothing(world):
    asked = world.approved()
    frozen({"environment": "staging"})
    assert world.start(asked).state == State.RUNNING
