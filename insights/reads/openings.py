"""When a place is open, worked out from the calendar that was read once for the page. No query."""

from datetime import datetime

from insights.reads.pulse import Pulse
from kernel.verdicts import Allow, Reason
from pipelines import calendar
from pipelines.calendar import Opening
from pipelines.models import Environment
from pipelines.window_rules import Freeze


def opening_at(
    pulse: Pulse,
    environment: Environment,
    application: str | None = None,
    *,
    at: datetime | None = None,
    zone: str = "UTC",
) -> Opening:
    """Open now, or the next opening within 90 days, with the reasons (pipelines.calendar.next_opening)."""
    return calendar.next_opening(
        pulse.windows,
        pulse.freezes,
        environment=environment.pk,
        application=application,
        default_open=environment.default_open,
        tier=environment.tier,
        at=at or pulse.at,
        zone=zone,
    )


def freeze_in_force(freeze: Freeze, at: datetime, zone: str = "UTC") -> Reason | None:
    """Why nothing may begin under this freeze at `at`, with its end; None while it is not active."""
    place = calendar.Calendars(
        windows=(),
        freezes=(freeze,),
        environment=freeze.scope.get("environment", ""),
        default_open=True,
        application=freeze.scope.get("application"),
        tier=freeze.scope.get("tier", ""),
        action=freeze.actions[0],
    )
    found = calendar.opening(place, at, zone)
    return None if isinstance(found, Allow) else found.reasons[0]


def has_rules_of_its_own(pulse: Pulse, application: str) -> bool:
    """Whether a window or freeze names this application, so that its opening may differ from the place's."""
    return any(rule.scope.get("application") == application for rule in (*pulse.windows, *pulse.freezes))


def scope_in_words(scope: dict) -> str:
    """`prod`, `payments in prod`, `tier production`, `everything`."""
    place = scope.get("environment") or (f"tier {scope['tier']}" if scope.get("tier") else "")
    application = scope.get("application")
    if application:
        return f"{application} in {place}" if place else application
    return place or "everything"
