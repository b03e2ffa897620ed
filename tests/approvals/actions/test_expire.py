"""Requests whose time is over."""

from datetime import timedelta

import pytest

from approvals.actions.expire import expire_due
from approvals.models import ApprovalRequest
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("state", "field"), [("open", "expires_at"), ("void", "expires_at"), ("satisfied", "valid_until")])
def test_each_kind_lapses_by_its_own_end_and_not_before(state, field):
    deployment, request = World().waiting()
    end = request.opened_at + timedelta(hours=1)
    ApprovalRequest.objects.filter(pk=request.pk).update(state=state, **{field: end})
    assert expire_due(end - timedelta(seconds=1)) == []
    assert expire_due(end) == [deployment.pk]
    assert ApprovalRequest.objects.get(pk=request.pk).state == "expired"


def test_what_ended_otherwise_does_not_expire():
    _, request = World().waiting()
    ApprovalRequest.objects.filter(pk=request.pk).update(state="rejected")
    assert expire_due(request.expires_at) == []
