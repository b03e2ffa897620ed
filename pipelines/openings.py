"""When a place is open: the windows and freezes in force, read with one query and handed to the pure rules."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import JSONField, TextField, Value

from kernel.verdicts import Allow, Deny, Wait
from pipelines import calendar
from pipelines.models import Environment, Freeze, Window
from pipelines.queries import freezes, windows
from pipelines.window_rules import Freeze as FreezeRule
from pipelines.window_rules import Window as WindowRule

BOTH = ("id", "name", "scope", "timezone", "rrule", "start", "duration", "version")
OF_WINDOWS, OF_FREEZES = ("in_flight",), ("end", "reason", "contact")


@dataclass(frozen=True)
class Rules:
    """Every window and every freeze in force as the pure rules take them, each oldest first."""

    windows: tuple[WindowRule, ...]
    freezes: tuple[FreezeRule, ...]


def read_rules() -> Rules:
    """One union, because every decision asks for both. What a kind lacks is empty in its rows."""
    nothing = Value("", TextField())
    opening = (
        windows().order_by().annotate(actions=Value([], JSONField()), **dict.fromkeys(OF_FREEZES, nothing))
    )
    closing = freezes().order_by().annotate(**dict.fromkeys(OF_WINDOWS, nothing))
    columns = (*BOTH, *OF_WINDOWS, *OF_FREEZES, "actions", "kind")
    both = opening.annotate(kind=Value("window")).values_list(*columns)
    both = both.union(closing.annotate(kind=Value("freeze")).values_list(*columns), all=True)
    rows = [dict(zip(columns, row, strict=True)) for row in sorted(both, key=lambda row: row[0])]
    return Rules(
        tuple(WindowRule(**{k: r[k] for k in (*BOTH, *OF_WINDOWS)}) for r in rows if r["kind"] == "window"),
        tuple(
            FreezeRule(**{k: r[k] for k in (*BOTH, *OF_FREEZES)}, actions=tuple(r["actions"]))
            for r in rows
            if r["kind"] == "freeze"
        ),
    )


def calendars_for(
    environment: Environment, application: str | None, *, action: str = "deploy", rules: Rules | None = None
):
    """Every window and freeze with the place they are asked for, as pipelines.calendar takes it. One query, none
    with `rules` that were read in this look; the recurrences are expanded once per process and kept."""
    rules = rules or read_rules()
    return calendar.Calendars(
        windows=rules.windows,
        freezes=rules.freezes,
        environment=environment.pk,
        default_open=environment.default_open,
        application=application,
        tier=environment.tier,
        action=action,
    )


def opening_for(
    environment: Environment,
    application: str | None,
    at: datetime,
    *,
    action: str = "deploy",
    zone: str = "UTC",
    rules: Rules | None = None,
) -> Allow | Wait | Deny:
    """May `action` (deploy, rollback, test, config) begin there at `at`? See pipelines.calendar.opening."""
    return calendar.opening(calendars_for(environment, application, action=action, rules=rules), at, zone)


def calendar_in_force(
    environment: Environment,
    application: str,
    at: datetime,
    *,
    action: str = "deploy",
    rules: Rules | None = None,
) -> dict:
    """What the calendar said at `at`, to be kept: {"open", "default_open", "windows", "freezes"}, the last two as
    [{"id", "name", "version"}], of freezes also whether this one "stops" the action. Queries as calendars_for."""
    place = calendars_for(environment, application, action=action, rules=rules)
    opened = [w for w in place.windows if calendar.is_open(_only(place, windows=[w]), at)]
    frozen = [f for f in place.freezes if not calendar.is_open(_only(place, freezes=[f]), at)]
    return {
        "open": calendar.is_open(place, at),
        "default_open": environment.default_open,
        "windows": [{"id": w.id, "name": w.name, "version": w.version} for w in opened],
        "freezes": [
            {"id": f.id, "name": f.name, "version": f.version, "stops": action in f.actions} for f in frozen
        ],
    }


def _only(place: calendar.Calendars, *, windows=(), freezes=()) -> calendar.Calendars:
    """The same place with this one window or freeze alone; of a freeze, what it stops."""
    action = freezes[0].actions[0] if freezes else place.action
    return replace(place, windows=windows, freezes=freezes, default_open=not windows, action=action)


def next_opening_for(
    environment: Environment, application: str | None, at: datetime, *, zone: str = "UTC"
) -> calendar.Opening:
    """The current or the next opening for a deployment, within 90 days."""
    place = calendars_for(environment, application)
    return calendar.next_opening(
        place.windows,
        place.freezes,
        environment=place.environment,
        application=application,
        default_open=place.default_open,
        tier=place.tier,
        at=at,
        zone=zone,
    )


def as_window_rule(row: Window) -> WindowRule:
    """The row as the pure rules take it."""
    return WindowRule(
        id=row.pk,
        name=row.name,
        scope=row.scope,
        timezone=row.timezone,
        rrule=row.rrule,
        start=row.start,
        duration=row.duration,
        in_flight=row.in_flight,
        version=row.version,
    )


def as_freeze_rule(row: Freeze) -> FreezeRule:
    """The row as the pure rules take it."""
    return FreezeRule(
        id=row.pk,
        name=row.name,
        scope=row.scope,
        timezone=row.timezone,
        start=row.start,
        end=row.end,
        rrule=row.rrule,
        duration=row.duration,
        reason=row.reason,
        contact=row.contact,
        actions=tuple(row.actions),
        version=row.version,
    )
