"""PATCH: the requester, before the start; planned again."""

import pytest

from deployments.actions.change_parameters import change_parameters
from deployments.models import Deployment
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def change(world, deployment, who="dana", **parameters):
    return change_parameters(actor=world.actor(who), deployment_id=deployment.pk, parameters=parameters)


def test_new_parameters_forget_the_plan_and_keep_the_approval():
    world = World()
    deployment, request = world.waiting()
    row = change(world, deployment, Stage="blue")
    assert (row.parameters, row.plan_state, row.plan_round) == ({"Stage": "blue"}, "not_computed", 2)
    assert row.approval_id == request.pk


def test_the_votes_are_void_once_it_is_planned_again():
    world = World()
    deployment, request = world.waiting()
    change(world, deployment, Stage="blue")
    world.planned(deployment)
    request.refresh_from_db()
    assert request.subject["parameters"]["request"] == {"Stage": "blue"}
    assert request.state == "open"


def test_only_the_requester_changes_it():
    world = World()
    deployment, _ = world.waiting()
    with pytest.raises(Refusal) as caught:
        change(world, deployment, "rita", Stage="x")
    assert caught.value.status == 403
    assert Deployment.objects.get(pk=deployment.pk).parameters == {}


def test_a_started_deployment_keeps_its_parameters():
    world = World()
    deployment, _ = world.waiting()
    Deployment.objects.filter(pk=deployment.pk).update(state="running")
    with pytest.raises(Refusal) as caught:
        change(world, deployment, Stage="x")
    assert caught.value.code == "already_started"
    assert Deployment.objects.get(pk=deployment.pk).parameters == {}
