"""The start is one transaction: the constraint of the lane is the last word, and no other fault passes for it."""

import pytest
from django.db import IntegrityError

from deployments.engine import start
from deployments.models import Step
from kernel.verdicts import Allow
from tests.deployments.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World.make(stages={"dev": {}}, lanes={"dev": "queue"})


def test_a_lane_that_another_took_in_this_instant_is_tried_again_soon(world, monkeypatch):
    """decide() said Allow and was overtaken before the row was written."""
    first, second = world.asked("1.1.0", "dev"), world.asked("1.0.0", "dev")
    assert world.start(first).state == "running"
    monkeypatch.setattr(start, "decide", lambda *asked: Allow())
    with world.working(second) as work:
        assert start.attempt(work).after == start.RETRY_SECONDS
    row = world.fresh(second)
    assert (row.state, row.started_at) == (second.state, None)


def test_another_constraint_that_is_broken_at_the_start_is_an_error(world, monkeypatch):
    row = world.asked("1.1.0", "dev")

    def twice(work):
        return Step.objects.create(deployment=work.deployment, seq=Step.objects.first().seq, kind="plan")

    monkeypatch.setattr(start, "_start", twice)
    with world.working(row) as work, pytest.raises(IntegrityError):
        start.attempt(work)
