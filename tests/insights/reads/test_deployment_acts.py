"""What a person is offered on a deployment's page, or told why not."""

import pytest

from deployments import queries
from deployments.models import Deployment
from deployments.states import NEXT, PENDING, State
from insights.reads.deployment_acts import acts_of
from kernel.clock import now

pytestmark = pytest.mark.django_db


def acts(world, who, row, *, applying=False):
    actor = world.actor(who)
    return acts_of(actor, queries.get_visible(actor, row.pk), applying=applying)


@pytest.mark.parametrize(("who", "may"), [("dana", True), ("dave", True), ("rita", True), ("omar", False)])
def test_who_is_shown_the_button_to_cancel(world, who, may):
    found = acts(world, who, world.asked())
    assert found.cancel is may
    assert bool(found.cancel_not) is not may


def test_no_button_after_the_end_or_after_a_cancel_was_asked_or_while_aws_is_changed(world):
    row = world.running()
    assert acts(world, "rita", row).cancel is True
    assert acts(world, "rita", row, applying=True).cancel is False
    Deployment.objects.filter(pk=row.pk).update(cancel_requested_at=now(), cancel_requested_by="dana")
    asked = acts(world, "rita", row)
    assert (asked.cancel, "dana has asked already" in asked.cancel_not) == (False, True)
    Deployment.objects.filter(pk=row.pk).update(cancel_requested_at=None)
    for state in (State.VERIFYING, State.SUCCEEDED):
        row = world.move(world.fresh(row), state)
        assert (acts(world, "rita", row).cancel, acts(world, "rita", row).cancel_not) == (False, "")


def test_who_is_shown_the_form_to_resolve(world):
    row = world.running()
    assert acts(world, "rita", row).outcomes == []
    stuck = world.move(row, State.NEEDS_HUMAN)
    assert {value for value, _ in acts(world, "rita", stuck).outcomes} == NEXT[State.NEEDS_HUMAN]
    assert acts(world, "dana", stuck).outcomes == []
    assert "release manager" in acts(world, "dana", stuck).resolve_not


NOT_YOURS = "Whoever asked for it, its team and release managers can cancel it."


def test_each_reason_not_to_cancel_has_its_words(world):
    asked = world.asked()
    assert acts(world, "rita", asked).cancel_means == (
        "Nothing has been changed in AWS. The request ends, its plan is removed, its votes count no more."
    )
    assert acts(world, "omar", asked).cancel_not == NOT_YOURS
    running = world.start(world.asked("1.1.0", "dev"))
    means = "It stops at the next safe point, before the first change in AWS."
    assert acts(world, "dana", running).cancel_means == means
    half = "AWS is already being changed; stopping in the middle would leave it half done."
    assert acts(world, "dana", running, applying=True).cancel_not == half
    assert acts(world, "omar", running, applying=True).cancel_not == NOT_YOURS
    Deployment.objects.filter(pk=running.pk).update(cancel_requested_at=now(), cancel_requested_by="dave")
    told = "dave has asked already; it stops at the next safe point."
    assert acts(world, "omar", running, applying=True).cancel_not == told


def test_whoever_asked_may_cancel_though_no_longer_in_the_team(world):
    asked = world.asked()
    Deployment.objects.filter(pk=asked.pk).update(requested_by_tag=world.actor("omar").tag)
    assert acts(world, "omar", asked).cancel is True


@pytest.mark.parametrize("state", sorted(State))
def test_what_is_offered_in_each_state(world, state):
    asked = world.asked()
    Deployment.objects.filter(pk=asked.pk).update(state=state)
    found = acts(world, "rita", asked)
    assert found.cancel is (state in PENDING | {State.RUNNING})
    assert found.break_glass is (state in PENDING)
    assert bool(found.outcomes) is (state == State.NEEDS_HUMAN)
    assert (found.cancel_not, found.resolve_not) == ("", "")


def test_the_glass_is_offered_once_and_to_release_managers_only(world):
    asked = world.asked()
    assert [acts(world, name, asked).break_glass for name in ("rita", "dana", "omar", "admin")] == [
        *(True, False, False, False)
    ]
    Deployment.objects.filter(pk=asked.pk).update(break_glass=True)
    assert acts(world, "rita", asked).break_glass is False
