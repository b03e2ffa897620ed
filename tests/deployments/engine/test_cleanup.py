"""What a plan left in AWS is removed after the end; where AWS lets nobody in any more, that is said once, and ends."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from deployments.actions.cancel import cancel
from deployments.engine import cleanup
from deployments.engine.work import cache
from deployments.models import DeploymentLog, Step
from kernel.clock import now

pytestmark = pytest.mark.one_database


@pytest.fixture
def shut_out(engine, control):
    """A cancelled deployment with a plan in AWS, in an account whose role was taken away since."""
    engine.release("1.0.0")
    row = engine.ask("1.0.0", not_before=now() + timedelta(hours=1))
    row = engine.advance(row, until=lambda row: row.state == "waiting" and row.plan_state == "ready")
    control.fault("sts", "AssumeRole", "access_denied", times=10_000)
    cache.sessions.clear()
    cancel(actor=engine.world.actor("dana"), deployment_id=row.pk, reason="Not today.")
    return row


def shown(row) -> dict:
    return (
        Step.objects.filter(deployment=row, kind="plan")
        .values("state", "detail", "started_at", "ended_at")
        .get()
    )


def text(row) -> str:
    pieces = DeploymentLog.objects.filter(deployment=row).order_by("offset")
    return "".join(pieces.values_list("text", flat=True))


def test_a_refusal_that_stays_ends_the_clean_up_and_is_said_once(engine, shut_out, control):
    before = shown(shut_out)
    row = engine.rounds(shut_out, cleanup.MOST_TRIES + 10)
    assert row.cleaned_at
    assert row.next_attempt_at is None
    tries = len(control.calls(action="AssumeRole"))
    assert engine.rounds(row, 3).state == "cancelled"
    assert len(control.calls(action="AssumeRole")) == tries, "nobody tries any more"
    assert text(row).count("left over in AWS") == 1
    assert text(row).count("AccessDenied") == 2, "when it began, and when it ended"
    (event,) = AuditEvent.objects.filter(kind="aws.left_over")
    assert (event.subject, event.outcome) == (f"deployment:{row.pk}", "failed")
    assert shown(row) == before, "people still see the plan as it ended"


def test_a_refusal_that_is_mended_in_time_leaves_nothing_behind(engine, shut_out, control):
    row = engine.rounds(shut_out, 5)
    assert row.cleaned_at is None
    control.clear()
    row = engine.advance(row)
    assert control.count("cloudformation", "DeleteChangeSet") == 1
    assert "left over in AWS" not in text(row)


def test_what_cannot_be_read_for_long_ends_the_clean_up_too(engine, control, monkeypatch):
    monkeypatch.setattr("deployments.engine.drive.MOST_UNREADABLE", 2)
    engine.release("1.0.0")
    row = engine.ask("1.0.0", not_before=now() + timedelta(hours=1))
    row = engine.advance(row, until=lambda row: row.state == "waiting" and row.plan_state == "ready")
    control.fault("cloudformation", "DescribeChangeSet", "server_error", times=10_000)
    cancel(actor=engine.world.actor("dana"), deployment_id=row.pk, reason="Not today.")
    row = engine.rounds(row, cleanup.MOST_TRIES + 3)
    assert row.cleaned_at
    assert text(row).count("left over in AWS") == 1
