"""What must hold for a window or a freeze before it is written, and how the log keeps it. Reads only."""

from collections.abc import Iterable
from datetime import datetime

from kernel.refusals import Conflict, Invalid
from pipelines.errors import wrong
from pipelines.models import Environment, Freeze, Window
from pipelines.window_rules import scope_gone, validate_freeze, validate_window
from teams.models import Application

WINDOW_FIELDS = ("name", "scope", "timezone", "rrule", "start", "duration", "in_flight")
FREEZE_FIELDS = (
    "name",
    "scope",
    "timezone",
    "start",
    "end",
    "rrule",
    "duration",
    "reason",
    "contact",
    "actions",
)
FREE_TEXT = ("name", "reason", "contact")  # commitments in the log, see audit.actions.append
LONGEST_TEXT = {"reason": 2000, "contact": 200}


def check_window(window: Window, at: datetime) -> None:
    """Raise Invalid 422 with everything wrong, as pipelines.window_rules and `scope_unknown`. `at`: now."""
    values = {field: getattr(window, field) for field in WINDOW_FIELDS}
    _refuse(validate_window(**values, at=at) + _unknown_scope(window.scope))


def check_freeze(freeze: Freeze, at: datetime) -> None:
    """Raise Invalid 422 with everything wrong, as pipelines.window_rules, `scope_unknown`,
    `text_too_long`."""
    values = {field: getattr(freeze, field) for field in FREEZE_FIELDS}
    errors = validate_freeze(**values, at=at) + _unknown_scope(freeze.scope)
    for field, longest in LONGEST_TEXT.items():
        if len(getattr(freeze, field)) > longest:
            errors.append(wrong(f"/{field}", "text_too_long", f"At most {longest} characters."))
    _refuse(errors)


def _refuse(errors: list[dict]) -> None:
    if errors:
        raise Invalid(errors=errors)


def _unknown_scope(scope: dict) -> list[dict]:
    """A scope may outlive what it names, but it cannot begin without it (requirement D03)."""
    errors = []
    known = {
        "environment": Environment.objects.filter(archived_at__isnull=True),
        "application": Application.objects.all(),
    }
    for key, rows in known.items():
        name = scope.get(key)
        if isinstance(name, str) and name and not rows.filter(pk=name).exists():
            errors.append(wrong(f"/scope/{key}", "scope_unknown", f"There is no such {key}."))
    return errors


def gone(rows: Iterable[Window | Freeze]) -> dict[str, list[str]]:
    """{id: keys of its scope whose place is there no longer}, in one query for all `rows`."""
    places = list(Environment.objects.filter(archived_at__isnull=True).values_list("pk", "tier"))
    known = {"environments": frozenset(p[0] for p in places), "tiers": frozenset(p[1] for p in places)}
    return {row.pk: scope_gone(row.scope, **known) for row in rows}


def as_data(row: Window | Freeze | None) -> dict | None:
    """The row as audit events hold it, without free text."""
    if row is None:
        return None
    fields = WINDOW_FIELDS if isinstance(row, Window) else FREEZE_FIELDS
    return {field: getattr(row, field) for field in fields if field not in FREE_TEXT}


def as_private(row: Window | Freeze) -> dict[str, str]:
    """The row's free text, for the openings beside the log."""
    return {field: getattr(row, field) for field in FREE_TEXT if hasattr(row, field)}


def place_of(row: Window | Freeze) -> dict:
    """The environment and application that the event is filed under, where the scope names them."""
    return {"environment": row.scope.get("environment"), "application": row.scope.get("application")}


def moved(current: int) -> Conflict:
    """409 `version_conflict` with the version in force."""
    detail = "Somebody changed it in the meantime: read it again."
    return Conflict(detail, code="version_conflict", version=current)
