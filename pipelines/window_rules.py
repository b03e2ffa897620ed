"""What a window and a freeze are, and what is wrong with one before it is kept. Pure.

Recurrence is RFC 5545; local times carry no offset, because the zone's rules say what it is on each day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile

from pipelines.occurrences import RuleInvalid, local_time, read_rule, zone_of

ACTIONS = ("deploy", "rollback", "test", "config")
SCOPE_KEYS = ("environment", "application", "tier")
IN_FLIGHT = ("finish", "finish_step", "stop")
MAX_OCCURRENCES, COUNTED_YEARS = 5000, 2
SEARCHED_YEARS = 10
MAX_SECONDS = 366 * 86_400
_CYCLE = 400  # years after which the Gregorian calendar repeats, weekdays included


@dataclass(frozen=True)
class Window:
    """When deployment is allowed. `start`: local time without offset; `timezone`: IANA; `duration`:
    seconds."""

    id: str
    name: str
    scope: Mapping
    timezone: str
    rrule: str
    start: str
    duration: int
    in_flight: str = "finish"
    version: int = 1


@dataclass(frozen=True)
class Freeze:
    """When it is not: once from `start` to `end`, or recurring by `rrule` and `duration` (seconds) from
    `start`."""

    id: str
    name: str
    scope: Mapping
    timezone: str
    start: str
    end: str = ""
    rrule: str = ""
    duration: int | None = None
    reason: str = ""
    contact: str = ""
    actions: tuple[str, ...] = ("deploy",)
    version: int = 1


def validate_window(
    *,
    name: object,
    scope: object,
    timezone: object,
    rrule: object,
    start: object,
    duration: object,
    in_flight: object = "finish",
    at: datetime,
) -> list[dict]:
    """All that is wrong with a window: [{pointer, code, detail}], empty when nothing is. `at`: now, aware.

    Codes: `name_invalid scope_invalid timezone_unknown start_invalid start_has_offset rrule_invalid
    duration_invalid duration_too_long too_many_occurrences never_occurs in_flight_invalid`.
    """
    errors = _named(name) + _scope(scope)
    errors += _recurring(timezone, rrule, start, duration, at)
    if in_flight not in IN_FLIGHT:
        errors.append(
            _error("/in_flight", "in_flight_invalid", f"in_flight is one of {', '.join(IN_FLIGHT)}.")
        )
    return errors


def validate_freeze(
    *,
    name: object,
    scope: object,
    timezone: object,
    start: object,
    end: object = None,
    rrule: object = None,
    duration: object = None,
    reason: object,
    contact: object,
    actions: object = ("deploy",),
    at: datetime,
) -> list[dict]:
    """All that is wrong with a freeze, as `validate_window`. Either `end`, or `rrule` and `duration`.

    Further codes: `end_invalid end_before_start form_invalid reason_required contact_required
    actions_invalid`.
    """
    errors = _named(name) + _scope(scope)
    if rrule or duration is not None:
        if end:
            detail = "A freeze has an end, or a rule with a duration, not both."
            errors.append(_error("/end", "form_invalid", detail))
        errors += _recurring(timezone, rrule, start, duration, at)
    else:
        errors += _once(timezone, start, end)
    for key, value in (("reason", reason), ("contact", contact)):
        if not isinstance(value, str) or not value.strip():
            errors.append(
                _error(f"/{key}", f"{key}_required", f"Say the {key}: whoever is stopped will ask.")
            )
    if (
        not isinstance(actions, list | tuple)
        or not actions
        or not all(isinstance(action, str) and action in ACTIONS for action in actions)
    ):
        errors.append(_error("/actions", "actions_invalid", f"actions are among {', '.join(ACTIONS)}."))
    return errors


def _error(pointer: str, code: str, detail: str) -> dict:
    return {"pointer": pointer, "code": code, "detail": detail}


def _named(name: object) -> list[dict]:
    if isinstance(name, str) and 1 <= len(name.strip()) <= 100 and name.isprintable():
        return []
    return [_error("/name", "name_invalid", "A name has 1 to 100 printable characters.")]


def scope_gone(scope: Mapping, *, environments: frozenset[str], tiers: frozenset[str]) -> list[str]:
    """The keys of a scope whose place is there no longer (requirement D03).

    Such a rule still holds wherever it matches; people are told, because a freeze that names nothing protects
    nothing. Applications are never removed.
    """
    known = {"environment": environments, "tier": tiers}
    return [key for key, names in known.items() if key in scope and scope[key] not in names]


def _scope(scope: object) -> list[dict]:
    if not isinstance(scope, Mapping):
        return [_error("/scope", "scope_invalid", "scope is an object; {} is the whole organisation.")]
    return [
        _error(f"/scope/{key}", "scope_invalid", f"scope names {', '.join(SCOPE_KEYS)}, each by its name.")
        for key, value in scope.items()
        if key not in SCOPE_KEYS or not isinstance(value, str) or not value
    ]


def _zone_and_start(timezone: object, start: object, errors: list[dict]):
    zone = begins = None
    try:
        zone = zone_of(timezone)
    except RuleInvalid as error:
        errors.append(_error("/timezone", "timezone_unknown", str(error)))
    begins = _local("start", start, errors)
    return zone, begins


def _local(key: str, value: object, errors: list[dict]) -> datetime | None:
    try:
        return local_time(value)
    except RuleInvalid as error:
        code = f"{key}_has_offset" if _has_offset(value) else f"{key}_invalid"
        errors.append(_error(f"/{key}", code, str(error)))
        return None


def _has_offset(value: object) -> bool:
    try:
        return isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False


def _once(timezone: object, start: object, end: object) -> list[dict]:
    errors: list[dict] = []
    _, begins = _zone_and_start(timezone, start, errors)
    ends = _local("end", end, errors)
    if begins is not None and ends is not None and ends <= begins:
        errors.append(_error("/end", "end_before_start", "The end is not after the start."))
    return errors


def _recurring(timezone: object, rrule: object, start: object, duration: object, at: datetime) -> list[dict]:
    errors: list[dict] = []
    zone, begins = _zone_and_start(timezone, start, errors)
    if not isinstance(duration, int) or isinstance(duration, bool) or not 0 < duration <= MAX_SECONDS:
        detail = f"A duration is a whole number of seconds from 1 to {MAX_SECONDS}."
        errors.append(_error("/duration", "duration_invalid", detail))
        duration = None
    try:
        rule = read_rule(rrule, begins or datetime(2026, 1, 1), zone or UTC)  # noqa: DTZ001  (local by intent)
    except RuleInvalid as error:
        return [*errors, _error("/rrule", "rrule_invalid", str(error))]
    if zone is not None and begins is not None:
        errors += _occurrences(rule, rrule, begins, zone, duration, at)
    return errors


def _occurrences(rule, text: str, begins: datetime, zone, duration: int | None, at: datetime) -> list[dict]:
    """How often, how close together, and whether at all within ten years from now (or from the start)."""
    if rule._freq >= 5:  # dateutil's MINUTELY and SECONDLY: counting them would take as long as they are many
        detail = "A rule by the minute or second happens too often; use HOURLY or longer."
        return [_error("/rrule", "too_many_occurrences", detail)]
    now = at.astimezone(zone).replace(tzinfo=None)
    limit = _plus_years(max(begins, now), SEARCHED_YEARS)
    if begins > _plus_years(now, SEARCHED_YEARS) or not _ever(text, begins, zone):
        return [_never()]
    counted_to = _plus_years(begins, COUNTED_YEARS)
    count, closest, last = 0, None, None
    for local in takewhile(lambda local: local <= limit, rule):
        if local < counted_to:
            count += 1
            if count > MAX_OCCURRENCES:
                detail = f"It happens more than {MAX_OCCURRENCES} times in {COUNTED_YEARS} years."
                return [_error("/rrule", "too_many_occurrences", detail)]
        if last is not None:
            gap = int((local - last).total_seconds())
            closest = gap if closest is None else min(closest, gap)
        last = local
    if last is None or last + timedelta(seconds=duration or 1) <= now:
        return [_never()]
    if duration is not None and closest is not None and duration > closest:
        detail = f"It begins again after {closest} seconds, before {duration} seconds are over."
        return [_error("/duration", "duration_too_long", detail)]
    return []


def _never() -> dict:
    return _error(
        "/rrule", "never_occurs", f"This rule gives no occurrence in the next {SEARCHED_YEARS} years."
    )


def _plus_years(at: datetime, years: int) -> datetime:
    return at + timedelta(days=366 * years)


def _ever(text: str, begins: datetime, zone) -> bool:
    """Whether the rule gives anything at all.

    dateutil searches to the year 9999 for what never comes (30 February), which takes a minute for a daily
    rule.
    The calendar repeats every 400 years, so the same rule is asked from a start that leaves 400 years at
    most.
    """
    if "UNTIL" in text.upper() or "COUNT" in text.upper():
        text = ";".join(p for p in text.upper().split(";") if not p.startswith(("UNTIL=", "COUNT=")))
    shift = (9999 - begins.year) // _CYCLE * _CYCLE
    try:
        return next(iter(read_rule(text, begins.replace(year=begins.year + shift), zone)), None) is not None
    except (OverflowError, ValueError):  # dateutil stepped past the year 9999
        return False
