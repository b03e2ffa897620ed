"""Time is over: pending requests by expires_at, satisfied ones by valid_until (C08, C09)."""

from datetime import timedelta

import pytest

from approvals.actions.expire import expire_due
from approvals.models import ApprovalRequest
from tests.deployments.world import World

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


def test_an_open_request_lapses_at_its_instant_and_not_before():
    asked = World.make().asked()
    end = asked.approval.expires_at
    assert expire_due(end - SECOND) == []
    assert ApprovalRequest.objects.get().state == "open"
    assert expire_due(end) == [asked.pk]
    stored = ApprovalRequest.objects.get()
    assert (stored.state, stored.ended_at) == ("expired", end)


def test_a_satisfied_request_lapses_by_its_validity_and_not_by_the_time_for_votes():
    approved = World.make(gates={"prod": {"expires_in": 60, "valid_for": 3600}}).approved()
    row = approved.approval
    assert row.expires_at < row.valid_until
    assert expire_due(row.valid_until - SECOND) == []
    assert expire_due(row.valid_until) == [approved.pk]
    assert ApprovalRequest.objects.get().state == "expired"


def test_a_void_request_lapses_like_an_open_one():
    asked = World.make().asked()
    ApprovalRequest.objects.update(state="void")
    assert expire_due(asked.approval.expires_at) == [asked.pk]


@pytest.mark.parametrize("state", ["rejected", "consumed", "closed", "expired"])
def test_an_ended_request_does_not_lapse(state):
    asked = World.make().asked()
    ApprovalRequest.objects.update(state=state)
    assert expire_due(asked.approval.expires_at + timedelta(days=400)) == []
    assert ApprovalRequest.objects.get().state == state
