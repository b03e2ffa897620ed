"""What a person is offered on a deployment's page, or told why not."""

import pytest

from deployments import queries
from deployments.models import Deployment
from deployments.states import NEXT, State
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
