"""Where the environment asks for two, one alone skips nothing."""

import pytest

from deployments.actions.confirm_break_glass import confirm_break_glass
from deployments.facts import bypass_of
from kernel.clock import now
from kernel.refusals import Refusal
from pipelines.models import Environment
from teams.models import Person
from tests.deployments.broken import broken
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked_for(world):
    Environment.objects.filter(pk="prod").update(break_glass=2)
    return broken(world)


def confirm(world, row, by: str):
    return confirm_break_glass(actor=world.actor(by), review_id=row.pk)


def test_until_a_second_release_manager_confirms_nothing_is_skipped(world, asked_for):
    waiting = world.start(world.plan(asked_for.deployment))
    assert waiting.state == "needs_approval"
    assert waiting.reasons[0]["code"] == "break_glass_unconfirmed"
    confirm(world, asked_for, "rosa")
    assert world.start(waiting).state == "running"
    assert events("break_glass.confirmed")[0]["data"] == {"review": asked_for.pk}


@pytest.mark.parametrize(("gone", "code"), [("rita", "approval_needed"), ("rosa", "gate_unsatisfiable")])
def test_once_one_of_the_two_is_shut_out_nothing_is_skipped_any_more(world, asked_for, gone, code):
    planned = world.plan(asked_for.deployment)
    confirm(world, asked_for, "rosa")
    assert bypass_of(planned, now()).confirmed is True
    Person.objects.filter(username=gone).update(is_active=False)
    assert bypass_of(world.fresh(planned), now()) is None
    assert world.start(planned).started_at is None
    waiting = world.settle(planned)
    assert (waiting.state, waiting.reasons[0]["code"]) == ("needs_approval", code)
    assert events("deployment.running") == []


def test_where_one_is_enough_nobody_else_is_asked_about(world):
    row = broken(world)
    Person.objects.filter(username="rosa").update(is_active=False)
    assert bypass_of(row.deployment, now()).id == row.pk


def test_a_hotfix_that_would_be_denied_waits_for_the_second_person_instead(world):
    Environment.objects.filter(pk="prod").update(break_glass=2)
    world.release("1.1.1")
    row = broken(world, "1.1.1")
    assert world.settle(row.deployment).state == "waiting"


@pytest.mark.parametrize(
    ("who", "code"), [("rita", "separation_of_duties"), ("omar", "forbidden"), ("zoe", "not_found")]
)
def test_nobody_else_confirms(world, asked_for, who, code):
    with pytest.raises(Refusal) as caught:
        confirm(world, asked_for, who)
    assert caught.value.code == code
    assert events("break_glass.confirmed") == []


def test_it_is_confirmed_once_and_only_where_two_are_asked_for(world, asked_for):
    confirm(world, asked_for, "rosa")
    with pytest.raises(Refusal) as caught:
        confirm(world, asked_for, "rosa")
    assert caught.value.code in ("not_open", "separation_of_duties")
