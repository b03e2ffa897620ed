"""Voiding: the content changed, so the votes no longer count, and the request says why."""

import pytest

from approvals.actions.rebind import rebind
from approvals.models import Vote
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from tests.deployments.actions.test_cast_vote import vote
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def again(request, **changes):
    return rebind(
        request=request,
        subject={**request.subject, **changes},
        gate=request.gate,
        actor=Actor.system("test"),
        at=now(),
    )


def test_the_same_content_keeps_the_votes():
    world = World()
    _, request = world.waiting()
    vote(world, "rita", request)
    request.refresh_from_db()
    assert again(request) == []
    assert Vote.objects.get().void is False


def test_another_content_voids_them_and_names_the_fields():
    world = World()
    _, request = world.waiting()
    vote(world, "rita", request)
    request.refresh_from_db()
    old = request.content_hash
    assert again(request, region="us-east-1", account="9" * 12) == ["account", "region"]
    cast = Vote.objects.get()
    assert (cast.void, cast.changed_fields) == (True, ["account", "region"])
    assert (request.state, old in request.past_subjects) == ("void", True)
    assert AuditEvent.objects.filter(kind="approval.voided").count() == 1


def test_who_read_an_older_content_loses():
    world = World()
    _, request = world.waiting()
    stale = type(request).objects.get(pk=request.pk)
    again(request, region="us-east-1")
    with pytest.raises(LostRace):
        again(stale, region="eu-north-1")
    request.refresh_from_db()
    assert request.subject["region"] == "us-east-1"
