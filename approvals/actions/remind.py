"""Bring unanswered requests to mind, and show those that stay unanswered to their escalation group."""

from datetime import datetime

from django.db import transaction

from approvals.models import ApprovalRequest
from approvals.states import ApprovalState
from approvals.timetable import Step, columns, next_step
from audit.actions.append import append
from kernel.actor import Actor

MOST = 500


@transaction.atomic
def remind_due(at: datetime) -> list[tuple[str, int]]:
    """(request, percent) of every step that was due at `at` and that this call took, in order.

    Guarded: of two sweeps, one moves `remind_at` and writes the event. A sweep that comes late takes every step it
    missed, each with its event. Nothing but what is told changes: no vote, no state. Satisfied and ended requests wait
    for nobody. Records `approval.reminded` and `approval.escalated`.
    """
    unanswered = ApprovalRequest.objects.filter(state__in=(ApprovalState.OPEN, ApprovalState.VOID))
    rows = unanswered.filter(remind_at__lte=at, expires_at__gt=at).select_related("release")
    taken = []
    for row in rows.order_by("remind_at", "id")[:MOST]:
        while row.remind_at is not None and row.remind_at <= at and _take(row):
            taken.append((row.pk, row.reminded))
    return taken


def _take(row: ApprovalRequest) -> bool:
    step = next_step(row.gate, row.expires_at, row.reminded)
    moved = columns(row.gate, row.expires_at, step.percent, step.group or row.escalated_to)
    held = ApprovalRequest.objects.filter(
        pk=row.pk,
        state=row.state,
        content_hash=row.content_hash,
        reminded=row.reminded,
        remind_at=row.remind_at,
    )
    if held.update(**moved) != 1:
        return False  # another sweep, a vote or a change of content was first
    for name, value in moved.items():
        setattr(row, name, value)
    _record(row, step)
    return True


def _record(row: ApprovalRequest, step: Step) -> None:
    append(
        kind="approval.escalated" if step.group else "approval.reminded",
        actor=Actor.system("scheduler"),
        subject=f"approval:{row.pk}",
        environment=row.environment_id,
        application=row.release.application_id,
        data={"percent": step.percent, "deployment": row.deployment, "content_hash": row.content_hash}
        | ({"group": step.group} if step.group else {}),
    )
