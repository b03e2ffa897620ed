"""advance: one holder at a time, nothing where nothing is due, and no start without decide()."""

import pytest
from django.db.models import F

from audit.models import AuditEvent
from deployments import lease
from deployments.actions.advance import advance
from deployments.actions.resolve import resolve
from deployments.engine import cleanup, pending, running
from deployments.engine.work import Again
from deployments.models import Deployment, Lane, Worker
from kernel.clock import raw_now
from tests.deployments.company import World
from tests.deployments.world import World as Started

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


def broken(work):
    raise ValueError("secret-words")


@pytest.fixture
def rounds():
    def look(row, number: int):
        """`number` looks of a worker, each of which finds it due."""
        for _ in range(number):
            Deployment.objects.filter(pk=row.pk).update(next_attempt_at=raw_now())
            advance(row.pk, worker="me", pools=None)
        return Deployment.objects.get(pk=row.pk)

    return look


def test_a_bug_in_a_tick_is_shown_from_the_third_time_by_its_kind_and_id(monkeypatch, rounds, caplog):
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    monkeypatch.setattr(pending, "tick", broken)
    assert rounds(row, 2).reasons == []
    (reason,) = rounds(row, 1).reasons
    assert reason["code"] == "internal_error"
    assert "ValueError" in reason["text"]
    assert "secret-words" not in str(reason)
    reference = reason["text"].partition("(")[2].partition(")")[0]
    assert any(reference in line for line in caplog.text.splitlines()), "the id leads to the traceback"
    (reason,) = rounds(row, 1).reasons
    assert "4 times" in reason["text"]


def test_a_bug_in_a_tick_ends_with_a_person(monkeypatch, rounds):
    """Not started, it fails: AWS was not changed."""
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    monkeypatch.setattr(pending, "tick", broken)
    row = rounds(row, 12)
    assert (row.state, row.reasons[0]["code"], row.next_attempt_at) == ("failed", "internal_error", None)
    assert "ValueError" in row.reasons[0]["text"]
    assert set(row.steps.values_list("state", flat=True)) <= {"skipped", "failed", "done"}
    assert AuditEvent.objects.filter(kind="deployment.failed").count() == 1


def test_a_bug_in_a_tick_of_a_started_one_keeps_the_lane_for_the_person_who_looks(monkeypatch, rounds):
    started = Started.make()
    row = started.running()
    monkeypatch.setattr(running, "tick", broken)
    row = rounds(row, 12)
    assert (row.state, row.reasons[0]["code"], row.failures) == ("needs_human", "internal_error", 0)
    assert "(resolve)" in row.reasons[0]["how_to_clear"]
    assert Lane.objects.get(environment="prod").in_progress_id == row.pk
    settled = {"outcome": "failed", "reason": "Nothing was changed; I looked."}
    resolve(actor=started.actor("rita"), deployment_id=row.pk, **settled)
    assert rounds(row, 1).state == "failed"


def test_a_bug_in_the_clean_up_ends_it_as_left_over(monkeypatch, rounds):
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    Deployment.objects.filter(pk=row.pk).update(state="cancelled", ended_at=row.requested_at)
    monkeypatch.setattr(cleanup, "tick", broken)
    row = rounds(row, 12)
    assert (row.state, row.next_attempt_at) == ("cancelled", None)
    assert row.cleaned_at
    assert AuditEvent.objects.filter(kind="aws.left_over").count() == 1


def test_after_a_look_that_ended_well_nothing_is_counted_or_shown_any_more(monkeypatch, rounds):
    started = Started.make()
    row = started.running()
    with monkeypatch.context() as patch:
        patch.setattr(running, "tick", broken)
        assert rounds(row, 4).failures == 4
    monkeypatch.setattr(running, "tick", lambda work: Again(60))
    row = rounds(row, 1)
    assert (row.state, row.failures, row.reasons) == ("running", 0, [])


def test_between_looks_that_end_in_an_error_the_pause_doubles(monkeypatch, settings):
    settings.TIME_SCALE = 1.0
    world = World()
    row = world.ask(world.release(state="pending"), "dev")
    monkeypatch.setattr(pending, "tick", broken)
    pauses = []
    for _ in range(4):
        Deployment.objects.filter(pk=row.pk).update(next_attempt_at=raw_now())
        pauses.append(advance(row.pk, worker="me", pools=None).after)
    assert pauses == [15, 30, 60, 120]


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
