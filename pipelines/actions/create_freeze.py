"""Say when deployment is not allowed."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.calendar_rules import as_data, as_private, check_freeze, place_of
from pipelines.models import Freeze


@transaction.atomic
def create_freeze(
    *,
    actor: Actor,
    name: str,
    scope: dict,
    timezone: str,
    start: str,
    reason: str,
    contact: str,
    end: str = "",
    rrule: str = "",
    duration: int | None = None,
    actions: list[str] = ("deploy",),
) -> Freeze:
    """A new freeze: once from `start` to `end`, or by `rrule` with `duration` in seconds from `start`; local
    times without offset in the IANA zone `timezone`. It is in force at once, since it only closes.

    Records `freeze.changed`. Raises Forbidden; Invalid 422 as pipelines.calendar_rules.check_freeze.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    at = now()
    freeze = Freeze(
        name=name,
        scope=scope,
        timezone=timezone,
        start=start,
        end=end,
        rrule=rrule,
        duration=duration,
        reason=reason,
        contact=contact,
        actions=list(dict.fromkeys(actions)),
        created_at=at,
        created_by=actor.name,
    )
    check_freeze(freeze, at)
    freeze.save(force_insert=True)
    _record(actor, freeze)
    return freeze


def _record(actor: Actor, freeze: Freeze) -> None:
    append(
        kind="freeze.changed",
        actor=actor,
        subject=f"freeze:{freeze.pk}",
        data={"change": "created", "before": None, "after": as_data(freeze)},
        private=as_private(freeze),
        **place_of(freeze),
    )
