"""The calendar as a list: when can I deploy, and why not now?"""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

from insights.frame import Frame
from insights.reads.openings import freeze_in_force, opening_at, scope_in_words
from insights.templatetags.gate import absolute, duration
from pipelines.calendar import Opening, next_occurrences
from pipelines.models import Environment
from pipelines.occurrences import RuleInvalid, zone_of
from pipelines.queries import environments
from pipelines.window_rules import Freeze, Window, scope_gone

NEXT = 5


@dataclass(frozen=True)
class PlaceOpening:
    """`own_zone`: the zone of the windows that name the place where it differs from the viewer's; `own_at`
    the next change told in it. `rules`: names of the windows that name the place."""

    environment: Environment
    opening: Opening
    own_zone: str
    own_at: str
    rules: list[str]


@dataclass(frozen=True)
class WindowRow:
    """`times`: the next occurrences as (opens, closes, opens in the window's own zone); none where each begins as the
    one before ends (`always`). `gone`: what its scope names is
    there no longer."""

    window: Window
    scope: str
    gone: bool
    every: str
    times: list[tuple[datetime, datetime, str]]
    problem: str
    always: bool = False


@dataclass(frozen=True)
class FreezeRow:
    """`active`: in force now, until `until` if that is known. `gone`: as a window's."""

    freeze: Freeze
    scope: str
    gone: bool
    when: str
    active: bool
    until: datetime | None


@dataclass(frozen=True)
class Calendar:
    """Everything on the page."""

    places: list[PlaceOpening]
    windows: list[WindowRow]
    freezes: list[FreezeRow]


def read_calendar(frame: Frame) -> Calendar:
    """One query beside the frame's: the windows and freezes came with it."""
    pulse, places = frame.pulse, list(environments())
    known = {
        "environments": frozenset(place.pk for place in places),
        "tiers": frozenset(p.tier for p in places),
    }
    return Calendar(
        [_place(frame, place) for place in places],
        [_window(frame, window, bool(scope_gone(window.scope, **known))) for window in pulse.windows],
        [
            _freeze(frame, freeze, bool(scope_gone(freeze.scope, **known)))
            for freeze in pulse.freezes
            if not _over(freeze, frame.now)
        ],
    )


def _place(frame: Frame, environment: Environment) -> PlaceOpening:
    opening = opening_at(frame.pulse, environment, zone=str(frame.zone))
    named = [window for window in frame.pulse.windows if _names(window, environment)]
    other = next((window.timezone for window in named if window.timezone != str(frame.zone)), "")
    turn = opening.closes_at if opening.open_now else opening.opens_at
    own_at = _in_zone(turn, other, frame.now) if turn and other else ""
    return PlaceOpening(environment, opening, other, own_at, [window.name for window in named])


def _names(window: Window, environment: Environment) -> bool:
    place = {"environment": environment.pk, "tier": environment.tier}
    return all(place.get(key) == value for key, value in window.scope.items())


def _in_zone(at: datetime, name: str, now: datetime) -> str:
    try:
        return absolute(at, zone_of(name), now)
    except RuleInvalid:
        return ""


def _window(frame: Frame, window: Window, gone: bool) -> WindowRow:
    scope = scope_in_words(window.scope)
    try:
        times = next_occurrences(window, frame.now, NEXT)
    except RuleInvalid as problem:
        return WindowRow(window, scope, gone, window.rrule, [], f"{problem} It opens nothing.")
    own = zone_of(window.timezone)
    if len(times) == NEXT and all(before[1] >= after[0] for before, after in pairwise(times)):
        return WindowRow(window, scope, gone, every_in_words(window), [], "", always=True)
    rows = [(opens, closes, _own(opens, own, frame)) for opens, closes in times]
    return WindowRow(window, scope, gone, every_in_words(window), rows, "")


def _own(at: datetime, own: ZoneInfo, frame: Frame) -> str:
    """The instant in the window's zone; "" where that is the viewer's."""
    return "" if own.key == str(frame.zone) else absolute(at, own, frame.now)


DAYS = {
    "MO": "Mondays",
    "TU": "Tuesdays",
    "WE": "Wednesdays",
    "TH": "Thursdays",
    "FR": "Fridays",
    "SA": "Saturdays",
    "SU": "Sundays",
}


def every_in_words(window: Window) -> str:
    """`Wednesdays 22:00 for 1 h, Europe/Berlin`; a rule that is not of the plain kinds is shown as written."""
    parts = dict(part.partition("=")[::2] for part in window.rrule.upper().split(";"))
    start = window.start[11:16]
    length = duration(window.duration) if window.duration != 86_400 else "24 h"
    days = parts.get("BYDAY", "").split(",") if parts.get("BYDAY") else []
    if parts == {"FREQ": "DAILY"}:
        rule = "Daily"
    elif set(parts) == {"FREQ", "BYDAY"} and parts["FREQ"] == "WEEKLY" and all(day in DAYS for day in days):
        rule = ", ".join(DAYS[day] for day in days)
    else:
        rule = window.rrule
    return f"{rule} {start} for {length}, {window.timezone}"


def _freeze(frame: Frame, freeze: Freeze, gone: bool) -> FreezeRow:
    reason = freeze_in_force(freeze, frame.now)
    if freeze.end:
        when = (
            f"{freeze.start.replace('T', ' ')[:16]} to {freeze.end.replace('T', ' ')[:16]}, {freeze.timezone}"
        )
    else:
        start, length = freeze.start.replace("T", " ")[:16], duration(freeze.duration or 0)
        when = f"{freeze.rrule} from {start} for {length}, {freeze.timezone}"
    until = reason.until if reason else None
    return FreezeRow(freeze, scope_in_words(freeze.scope), gone, when, reason is not None, until)


def _over(freeze: Freeze, now: datetime) -> bool:
    """A freeze that happened once and ended is history; one that cannot be read is not."""
    if not freeze.end:
        return False
    try:
        ends = datetime.fromisoformat(freeze.end).replace(tzinfo=zone_of(freeze.timezone))
    except (RuleInvalid, ValueError):
        return False
    return ends <= now and freeze_in_force(freeze, now) is None
