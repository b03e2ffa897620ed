"""A withdrawn release: what waits ends, what runs is marked and not killed."""

import pytest

from deployments.actions.withdraw import withdraw_build, withdraw_release
from deployments.models import Deployment
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def test_a_waiting_deployment_ends_as_withdrawn():
    world = World()
    deployment, request = world.waiting()
    withdraw_release(
        actor=world.actor("rita"), application="payments", version="1.0.0", reason="Wrong rounding."
    )
    assert Deployment.objects.get(pk=deployment.pk).state == "withdrawn"
    request.refresh_from_db()
    assert request.state == "closed"


def test_a_running_one_is_marked():
    world = World()
    deployment, _ = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(state="running")
    withdraw_build(actor=world.actor("rita"), build_id=deployment.release.build_id, reason="Wrong rounding.")
    row = Deployment.objects.get(pk=deployment.pk)
    assert (row.state, row.withdrawn_while_running) == ("running", True)


def test_without_a_reason_nothing_is_withdrawn():
    world = World()
    deployment, _ = world.waiting()
    with pytest.raises(Refusal) as caught:
        withdraw_release(actor=world.actor("rita"), application="payments", version="1.0.0", reason=" ")
    assert caught.value.status == 422
    assert Deployment.objects.get(pk=deployment.pk).state == "needs_approval"
