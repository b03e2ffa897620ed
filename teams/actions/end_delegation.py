"""Take a delegation back, or let one end whose time is over: from then on it gives no vote."""

from datetime import datetime

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, NotFound
from teams.models import Delegation
from teams.names import check_reason
from teams.places import visible_delegations

MOST = 500


@transaction.atomic
def end_delegation(*, actor: Actor, delegation_id: str, reason: str) -> Delegation:
    """The ended delegation. Its principal, its delegate, and who manages groups may; it only closes, so at once.

    Raises NotFound; Forbidden; Invalid 422 `reason_required`; Conflict 409 `delegation_ended`.
    """
    row = visible_delegations(actor).filter(pk=delegation_id).first()
    if row is None:
        raise NotFound()
    if actor.person_id not in (row.principal_id, row.delegate_id):
        require(actor, Permission.GROUP_MANAGE)
    reason = check_reason(reason)
    if not end(actor, row, now(), why="revoked", reason=reason):
        raise Conflict("It has ended already.", code="delegation_ended")
    return row


@transaction.atomic
def end_overdue(at: datetime) -> list[str]:
    """The ids of those whose time was over at `at`: nothing depends on this but the record."""
    rows = Delegation.objects.filter(ended_at__isnull=True, until__lte=at).order_by("until", "id")[:MOST]
    return [row.pk for row in rows if end(Actor.system("scheduler"), row, at, why="time over")]


def end(actor: Actor, row: Delegation, at: datetime, *, why: str, reason: str = "") -> bool:
    """Guarded, inside the caller's transaction; True if this call ended it. Records `delegation.ended`."""
    held = Delegation.objects.filter(pk=row.pk, ended_at__isnull=True)
    if held.update(ended_at=at, ended_by=actor.tag, ended_reason=reason or why) != 1:
        return False
    row.ended_at, row.ended_by, row.ended_reason = at, actor.tag, reason or why
    append(
        kind="delegation.ended",
        actor=actor,
        subject=f"delegation:{row.pk}",
        data={
            "group": row.group_id,
            "principal": row.principal_id,
            "delegate": row.delegate_id,
            "why": why,
        },
        private={"reason": reason} if reason else None,
    )
    return True
