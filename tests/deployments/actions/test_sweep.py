"""The sweep finds what is due, and what lapsed."""

from datetime import timedelta

import pytest

from approvals.models import ApprovalRequest
from deployments.actions import sweep
from deployments.models import Deployment
from kernel.clock import now, raw_now
from tests.deployments.company import World
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def test_what_is_due_is_found_in_request_order_and_only_for_its_pools():
    world = World()
    first = world.ask(world.release("1.0.0"), "dev")
    second = world.ask(world.release("1.1.0"), "dev")
    assert sweep.due(("main",)) == [first.pk, second.pk]
    assert sweep.due(("other",)) == []


def test_a_leased_one_is_left_alone_until_its_lease_ran_out():
    world = World()
    row = world.ask(world.release(), "dev")
    Deployment.objects.filter(pk=row.pk).update(lease_until=raw_now() + timedelta(seconds=30))
    assert sweep.due(None) == []
    Deployment.objects.filter(pk=row.pk).update(lease_until=raw_now() - timedelta(seconds=1))
    assert sweep.due(None) == [row.pk]


def test_a_lapsed_approval_is_expired_and_its_deployment_is_due():
    world = World()
    deployment, request = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(next_attempt_at=None)
    ApprovalRequest.objects.filter(pk=request.pk).update(expires_at=now() - timedelta(seconds=1))
    assert sweep.sweep() == 1
    request.refresh_from_db()
    assert request.state == "expired"
    assert sweep.due(None) == [deployment.pk]


def test_a_build_that_was_read_makes_its_deployments_due():
    world = World()
    row = world.ask(world.release(), "dev")
    Deployment.objects.filter(pk=row.pk).update(next_attempt_at=None)
    assert sweep.sweep_build(row.release.build_id) == 1
    assert sweep.next_due(None) is not None


@pytest.mark.parametrize("part", [sweep.sweep, sweep.expire])
def test_whichever_part_looks_first_reminds_and_the_other_does_not_again(part):
    _, request = World().waiting()
    ApprovalRequest.objects.filter(pk=request.pk).update(remind_at=now() - timedelta(seconds=1))
    part()
    sweep.sweep()
    sweep.expire()
    request.refresh_from_db()
    assert request.reminded == 25
    assert [event["data"]["percent"] for event in events("approval.reminded")] == [25]
