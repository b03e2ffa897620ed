"""The company that other tests stand on is what it says."""

import pytest

from deployments.models import Deployment, Lane
from deployments.states import State
from tests.deployments.world import World
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def test_a_company_runs_its_first_release_everywhere_and_the_second_as_far_as_staging():
    World.make()
    rows = Lane.objects.order_by("environment__rank").values_list("environment_id", "version")
    assert list(rows) == [("dev", "1.1.0"), ("staging", "1.1.0"), ("prod", "1.0.0")]


def test_what_is_asked_waits_for_two_keys():
    asked = World.make().asked()
    assert (asked.state, asked.approval.state) == ("needs_approval", "open")
    assert [reason["code"] for reason in asked.reasons] == ["approval_needed", "approval_needed"]
    assert asked.approval.gate["slots"] == [
        {"group": "release-managers", "count": 1},
        {"group": "payments-owners", "count": 1},
    ]


def test_two_keys_start_it_and_it_succeeds():
    world = World.make()
    done = world.succeeded()
    assert (done.state, done.approval.state, done.previous_version) == ("succeeded", "consumed", "1.0.0")
    assert Lane.objects.get(environment_id="prod").version == "1.1.0"
    assert [e["kind"] for e in events() if e["subject"] == f"deployment:{done.pk}"] == [
        "deployment.requested",
        "deployment.needs_approval",
        "deployment.running",
        "deployment.verifying",
        "deployment.succeeded",
    ]


def test_nothing_starts_that_decide_forbids():
    world = World.make()
    asked = world.asked()
    world.vote(asked, "rita")
    assert world.start(asked).state == State.NEEDS_APPROVAL
    assert Deployment.objects.filter(state=State.RUNNING).count() == 0
