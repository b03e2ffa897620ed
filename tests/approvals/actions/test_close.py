"""A request that will not be used ends once, and an ended one stays as it is."""

import pytest

from approvals.actions.close import close
from approvals.models import ApprovalRequest
from kernel.actor import Actor
from kernel.clock import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(world):
    return world.asked().approval


def end(row, state="closed", **more):
    return close(request=row, actor=Actor.system("tests"), state=state, at=now(), **more)


@pytest.mark.parametrize("before", ["open", "satisfied", "void"])
def test_a_request_that_takes_votes_is_ended(row, before):
    ApprovalRequest.objects.update(state=before)
    assert end(row, superseded_by="dep_newer") is True
    stored = ApprovalRequest.objects.get()
    assert (stored.state, stored.superseded_by, row.state) == ("closed", "dep_newer", "closed")
    assert stored.ended_at is not None


@pytest.mark.parametrize("before", ["rejected", "expired", "consumed", "closed"])
def test_an_ended_one_stays(row, before):
    ApprovalRequest.objects.update(state=before)
    assert end(row, "closed", superseded_by="dep_newer") is False
    stored = ApprovalRequest.objects.get()
    assert (stored.state, stored.superseded_by, stored.ended_at) == (before, "", None)
