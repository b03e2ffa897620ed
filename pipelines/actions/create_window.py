"""Say when deployment is allowed."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.calendar_rules import as_data, as_private, check_window, place_of
from pipelines.models import Window


@transaction.atomic
def create_window(
    *,
    actor: Actor,
    name: str,
    scope: dict,
    timezone: str,
    rrule: str,
    start: str,
    duration: int,
    in_flight: str = "finish",
) -> Window:
    """A new window: `start` local time without offset in the IANA zone `timezone`, `duration` in seconds.

    Records `window.changed`. Raises Forbidden; Invalid 422 as pipelines.calendar_rules.check_window.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    at = now()
    window = Window(
        name=name,
        scope=scope,
        timezone=timezone,
        rrule=rrule,
        start=start,
        duration=duration,
        in_flight=in_flight,
        created_at=at,
        created_by=actor.name,
    )
    check_window(window, at)
    window.save(force_insert=True)
    append(
        kind="window.changed",
        actor=actor,
        subject=f"window:{window.pk}",
        data={"change": "created", "before": None, "after": as_data(window)},
        private=as_private(window),
        **place_of(window),
    )
    return window
