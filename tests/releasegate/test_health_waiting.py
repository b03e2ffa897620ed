"""How late the most overdue deployment is: what tells that no worker takes any."""

from datetime import timedelta

import pytest

from deployments.models import Deployment
from kernel.clock import raw_now
from kernel.models import ClockOffset
from releasegate import health
from tests.deployments.standing import company, world

__all__ = ["company", "world"]
pytestmark = pytest.mark.django_db


def waiting(client) -> float | None:
    return client.get("/readyz").json()["oldest_waiting_seconds"]


@pytest.fixture
def two(world, monkeypatch):
    """Two requests; nothing is due."""
    monkeypatch.setattr(health, "_migrated", True)
    rows = [world.request("1.1.0", "prod"), world.request("1.0.0", "staging")]
    Deployment.objects.update(next_attempt_at=None)
    return rows


def due(row, seconds: int) -> None:
    """It was due that many seconds ago."""
    Deployment.objects.filter(pk=row.pk).update(next_attempt_at=raw_now() - timedelta(seconds=seconds))


def test_the_most_overdue_one_is_told(two, client):
    assert waiting(client) is None
    due(two[0], 90)
    due(two[1], 300)
    assert 300 <= waiting(client) < 320


def test_what_is_due_later_is_not_late(two, client):
    due(two[0], -600)
    assert waiting(client) is None


def test_a_moved_clock_makes_nothing_late(two, client):
    due(two[0], -600)
    ClockOffset.objects.update_or_create(id=1, defaults={"seconds": 86_400})
    assert waiting(client) is None
