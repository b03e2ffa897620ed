"""An approval is used up once."""

import pytest

from approvals.actions.consume import consume
from approvals.models import ApprovalRequest
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from tests.deployments.actions.test_cast_vote import vote
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def use(request, content_hash=None):
    consume(request=request, content_hash=content_hash or request.content_hash, actor=Actor.system("t"), at=now())


def satisfied() -> ApprovalRequest:
    world = World()
    _, request = world.waiting()
    vote(world, "rita", request)
    vote(world, "omar", request)
    return ApprovalRequest.objects.get(pk=request.pk)


def test_a_satisfied_request_is_consumed_and_never_again():
    request = satisfied()
    use(request)
    assert ApprovalRequest.objects.get(pk=request.pk).state == "consumed"
    with pytest.raises(LostRace):
        use(request)


def test_another_content_consumes_nothing():
    request = satisfied()
    with pytest.raises(LostRace):
        use(request, "sha256:" + "0" * 64)
    assert ApprovalRequest.objects.get(pk=request.pk).state == "satisfied"


def test_an_open_request_is_not_consumed():
    _, request = World().waiting()
    with pytest.raises(LostRace):
        use(request)
    assert ApprovalRequest.objects.get(pk=request.pk).consumed_at is None
