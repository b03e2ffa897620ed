"""End a window; it stays on record."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.calendar_rules import as_data, as_private, place_of
from pipelines.models import Window
from pipelines.queries import get_window, windows
from teams.names import check_reason


@transaction.atomic
def archive_window(*, actor: Actor, window_id: str, reason: str) -> Window:
    """The window, not in force any more. A second time changes and records nothing.

    Records `window.changed`. Raises Forbidden, NotFound; Invalid 422 `reason_required`.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    window = get_window(window_id)
    reason = check_reason(reason)
    at = now()
    if not windows().filter(pk=window_id).update(archived_at=at, archived_reason=reason):
        return window
    append(
        kind="window.changed",
        actor=actor,
        subject=f"window:{window.pk}",
        data={"change": "archived", "before": as_data(window), "after": None},
        private={**as_private(window), "archived_reason": reason},
        **place_of(window),
    )
    window.archived_at, window.archived_reason = at, reason
    return window
