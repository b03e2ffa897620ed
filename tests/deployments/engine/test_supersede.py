"""A newer release ends older requests of its lane: those that have not started, and no others."""

import pytest

from deployments.engine.supersede import supersede_older
from deployments.models import Deployment
from kernel.clock import now
from tests.deployments.world import SYSTEM
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def three(world):
    """An older, a middle and a newer release, each as far as staging."""
    for version in ("1.2.0", "1.3.0"):
        world.release(version)
        for name in ("dev", "staging"):
            world.runs(version, name)
    return world


def supersede(row) -> list[str]:
    return supersede_older(deployment=row, actor=SYSTEM, at=now())


def test_older_requests_end_with_a_link_and_are_looked_at_at_once(three):
    older, middle, newer = (three.asked(version) for version in ("1.1.0", "1.2.0", "1.3.0"))
    Deployment.objects.update(next_attempt_at=None)
    assert supersede(middle) == [older.pk]
    found = three.fresh(older)
    assert (found.state, found.superseded_by_id, found.approval.state) == ("superseded", middle.pk, "closed")
    assert (found.ended_at is not None, found.next_attempt_at is not None) == (True, True)
    assert three.fresh(newer).state == "needs_approval"
    (told,) = events("deployment.superseded")
    assert told["data"]["by"] == middle.pk
    assert supersede(newer) == [middle.pk], "what has ended ends once"
    assert supersede(newer) == []


def test_a_request_nobody_has_looked_at_and_one_that_waits_end_too(three):
    asked = three.request("1.1.0")
    approved = three.approved("1.2.0")
    Deployment.objects.filter(pk=approved.pk).update(state="waiting")
    newer = three.request("1.3.0")
    Deployment.objects.filter(pk=asked.pk).update(state="requested")
    assert supersede(newer) == sorted([asked.pk, approved.pk])


@pytest.mark.parametrize("state", ["running", "verifying", "rolling_back", "uncertain", "needs_human"])
def test_what_has_started_is_never_superseded(three, state):
    started = three.asked("1.1.0")
    Deployment.objects.filter(pk=started.pk).update(state=state)
    assert supersede(three.request("1.3.0")) == []
    assert three.fresh(started).state == state


def test_other_lanes_keep_theirs(three):
    elsewhere = three.asked("1.1.0", "staging")
    assert supersede(three.asked("1.3.0", "prod")) == []
    assert three.fresh(elsewhere).ended_at is None


def test_in_a_queue_every_release_has_its_turn(three):
    older, newer = three.asked("1.1.0"), three.asked("1.3.0")
    type(newer.environment).objects.filter(pk="prod").update(lane="queue")
    assert supersede(three.fresh(newer)) == []
    assert three.fresh(older).state == "needs_approval"


@pytest.mark.parametrize("columns", [{"kind": "rollback"}, {"break_glass": True}])
def test_neither_a_rollback_nor_a_break_glass_supersedes_or_is_superseded(three, columns):
    older, newer = three.asked("1.1.0"), three.asked("1.3.0")
    Deployment.objects.filter(pk=newer.pk).update(**columns)
    assert supersede(three.fresh(newer)) == []
    Deployment.objects.filter(pk=newer.pk).update(kind="deploy", break_glass=False)
    Deployment.objects.filter(pk=older.pk).update(**columns)
    assert supersede(three.fresh(newer)) == []
    Deployment.objects.filter(pk=older.pk).update(kind="deploy", break_glass=False)
    assert supersede(three.fresh(newer)) == [older.pk]


def test_an_older_release_supersedes_nothing_newer(three):
    newer = three.asked("1.3.0")
    older = three.asked("1.1.0")
    assert supersede(older) == []
    assert three.fresh(newer).state == "needs_approval"
