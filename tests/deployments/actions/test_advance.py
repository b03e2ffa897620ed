"""advance: one holder at a time, nothing where nothing is due, and no start without decide()."""

import pytest
from django.db.models import F

from audit.models import AuditEvent
from deployments import lease
from deployments.actions.advance import advance
from deployments.engine import pending
from deployments.models import Deployment, Worker
from tests.deployments.company import World

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_somebody_else_holds_is_left_alone():
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    held = lease.claim(row.pk, "other", pools=None)
    assert advance(row.pk, worker="me", pools=None) is None
    assert lease.release(row.pk, held, after=0)
    assert advance(row.pk, worker="me", pools=None) is not None


def test_an_unverified_artifact_keeps_it_waiting_for_evidence():
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    advance(row.pk, worker="me", pools=None)
    row.refresh_from_db()
    assert (row.state, row.waiting_for) == ("waiting", "evidence")
    assert row.reasons[0]["code"] == "artifact_unverified"
    assert row.lease_until is None


def test_without_a_worker_of_the_pool_it_waits_and_says_so():
    world = World()
    Worker.objects.all().delete()
    row = world.ask(world.release(), "dev")
    advance(row.pk, worker="me", pools=None)
    row.refresh_from_db()
    assert (row.state, row.waiting_for) == ("waiting", "lane")
    assert row.reasons[0]["code"] == "pool_unavailable"


def test_a_withdrawn_release_ends_it_at_the_next_look():
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    row.release.state = "withdrawn"
    row.release.save(update_fields=["state"])
    advance(row.pk, worker="me", pools=None)
    assert Deployment.objects.get(pk=row.pk).state == "withdrawn"


def test_workers_that_keep_dying_over_it_end_in_failed():
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    # The sixth holder: five leases ran out before it.
    Deployment.objects.filter(pk=row.pk).update(
        crashes=5, lease_until=row.requested_at, next_attempt_at=row.requested_at
    )
    advance(row.pk, worker="me", pools=None)
    assert Deployment.objects.get(pk=row.pk).state == "failed"


def test_a_worker_that_comes_back_after_another_took_over_writes_nothing_and_is_put_on_record(monkeypatch):
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    tick = pending.tick

    def overtaken(work):
        Deployment.objects.filter(pk=row.pk).update(lease_epoch=F("lease_epoch") + 1)
        return tick(work)

    monkeypatch.setattr(pending, "tick", overtaken)
    advance(row.pk, worker="slow", pools=None)
    now = Deployment.objects.get(pk=row.pk)
    assert (now.state, now.lease_epoch) == (row.state, row.lease_epoch + 2)
    (event,) = AuditEvent.objects.filter(kind="deployment.fenced")
    assert (event.subject, event.outcome) == (f"deployment:{row.pk}", "denied")
    monkeypatch.undo()
    Deployment.objects.filter(pk=row.pk).update(lease_until=None, next_attempt_at=row.requested_at)
    advance(row.pk, worker="quick", pools=None)
    assert AuditEvent.objects.filter(kind="deployment.fenced").count() == 1
