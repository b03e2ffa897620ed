"""Closing what will not be used."""

import pytest

from approvals.actions.close import close
from approvals.models import ApprovalRequest
from kernel.actor import Actor
from kernel.clock import now
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def end(request, state="closed", **more) -> bool:
    return close(request=request, actor=Actor.system("test"), state=state, at=now(), **more)


def test_an_open_request_is_closed_once_with_what_superseded_it():
    _, request = World().waiting()
    assert end(request, superseded_by="dep_newer") is True
    row = ApprovalRequest.objects.get(pk=request.pk)
    assert (row.state, row.superseded_by) == ("closed", "dep_newer")
    assert end(request, "expired") is False
    assert ApprovalRequest.objects.get(pk=request.pk).state == "closed"


def test_a_consumed_request_stays_consumed():
    _, request = World().waiting()
    ApprovalRequest.objects.filter(pk=request.pk).update(state="consumed")
    assert end(request) is False
    assert ApprovalRequest.objects.get(pk=request.pk).state == "consumed"
