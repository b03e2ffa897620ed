"""End a freeze; it stays on record."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.calendar_rules import as_data, as_private, place_of
from pipelines.models import Freeze
from pipelines.queries import freezes, get_freeze
from teams.names import check_reason


@transaction.atomic
def archive_freeze(*, actor: Actor, freeze_id: str, reason: str) -> Freeze:
    """The freeze, not in force any more. A second time changes and records nothing.

    Records `freeze.changed`. Raises Forbidden, NotFound; Invalid 422 `reason_required`.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    freeze = get_freeze(freeze_id)
    reason = check_reason(reason)
    at = now()
    if not freezes().filter(pk=freeze_id).update(archived_at=at, archived_reason=reason):
        return freeze
    append(
        kind="freeze.changed",
        actor=actor,
        subject=f"freeze:{freeze.pk}",
        data={"change": "archived", "before": as_data(freeze), "after": None},
        private={**as_private(freeze), "archived_reason": reason},
        **place_of(freeze),
    )
    freeze.archived_at, freeze.archived_reason = at, reason
    return freeze
