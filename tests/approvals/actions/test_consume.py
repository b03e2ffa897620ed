"""An approval is used up once, on exactly the content it was given for (C07)."""

import pytest

from approvals.actions.consume import consume
from approvals.models import ApprovalRequest
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(world):
    return world.approved().approval


def use(row, content_hash=None):
    consume(request=row, content_hash=content_hash or row.content_hash, actor=Actor.system("tests"), at=now())


def test_a_satisfied_request_is_used_up(row):
    use(row)
    stored = ApprovalRequest.objects.get()
    assert (stored.state, row.state) == ("consumed", "consumed")
    assert stored.consumed_at == stored.ended_at is not None


def test_it_cannot_be_used_twice(row):
    use(row)
    at = ApprovalRequest.objects.get().consumed_at
    with pytest.raises(LostRace):
        use(row)
    assert ApprovalRequest.objects.get().consumed_at == at


def test_another_content_does_not_use_it_up(row):
    with pytest.raises(LostRace):
        use(row, "sha256:" + "0" * 64)
    assert ApprovalRequest.objects.get().state == "satisfied"


@pytest.mark.parametrize("state", ["open", "void", "rejected", "expired", "closed"])
def test_only_a_satisfied_one_is_used(row, state):
    ApprovalRequest.objects.update(state=state)
    with pytest.raises(LostRace):
        use(row)
    assert ApprovalRequest.objects.get().state == state
    assert ApprovalRequest.objects.get().consumed_at is None
