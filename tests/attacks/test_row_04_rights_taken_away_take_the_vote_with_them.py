"""A key given by somebody who has lost the right to it since: it is missed in the transaction that starts."""

import pytest

from approvals import gate
from deployments.states import State
from kernel.clock import now
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def leaves_the_group() -> None:
    set_group_members(actor=SYSTEM, name="payments-owners", members=["olga", "rosa"])


def leaves_the_company() -> None:
    Person.objects.filter(username="omar").update(is_active=False)


def leaves_for_a_moment_and_comes_back_into_another_group() -> None:
    set_group_members(actor=SYSTEM, name="payments-owners", members=["olga", "rosa"])
    set_group_members(actor=SYSTEM, name="release-managers", members=["omar", "rita", "rosa"])


WAYS = [leaves_the_group, leaves_the_company, leaves_for_a_moment_and_comes_back_into_another_group]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_approved_then_revoked_never_starts_and_the_other_key_stays(world, way):
    asked = world.approved()
    way()
    row = world.start(asked)
    assert (row.state, row.started_at, row.approval.consumed_at) == (State.NEEDS_APPROVAL, None, None)
    assert events("deployment.running") == []
    keys = gate.people(row.approval, now()).keys
    assert {key.group: key.filled_by for key in keys} == {"release-managers": ["rita"], "payments-owners": []}
    assert [reason["code"] for reason in world.settle(asked).reasons] == ["approval_needed"]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_somebody_elses_key_makes_it_whole_again(world, way):
    asked = world.approved()
    way()
    world.start(asked)
    assert world.vote(asked, "olga").state == "satisfied"
    assert world.start(asked).state == State.RUNNING
    (said,) = events("deployment.running")
    assert said["subject"] == f"deployment:{asked.pk}"


def test_a_running_one_is_not_stopped_by_it(world):
    running = world.running()
    leaves_the_group()
    assert world.fresh(running).state == State.RUNNING


def test_the_rights_are_those_of_the_instant_of_the_start(world):
    asked = world.approved()
    leaves_the_group()
    assert gate.people(world.fresh(asked).approval, now()).state == "wait"
    set_group_members(actor=SYSTEM, name="payments-owners", members=["olga", "omar", "rosa"])
    assert gate.people(world.fresh(asked).approval, now()).state == "pass"
    assert world.start(asked).state == State.RUNNING
