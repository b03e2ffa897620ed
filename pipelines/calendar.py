"""May it start now, and if not, when: windows, freezes and the environment's default, as one pure answer.

Open at an instant means: no matching freeze is active, and either a matching window is active, or no window
names the place at all and the environment is open by default. Windows of all levels (organisation, tier,
environment, application) are united; a freeze beats every window (requirement D03).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from kernel.verdicts import Allow, Deny, Reason, Wait
from pipelines.occurrences import (
    Expansion,
    RuleInvalid,
    expansion,
    instants,
    local_time,
    read_rule,
    window_interval,
    zone_of,
)
from pipelines.window_rules import Freeze, Window

__all__ = [
    "Calendars",
    "Freeze",
    "Opening",
    "Window",
    "is_open",
    "matches",
    "next_occurrences",
    "next_opening",
    "opening",
]

HORIZON_DAYS = 90
_ALWAYS = 2**62


@dataclass(frozen=True)
class Calendars:
    """All that is asked about one place: every window and freeze there is (they are matched here), and the
    place.

    `application` None: nobody's in particular, so what names an application does not match.
    """

    windows: Sequence[Window]
    freezes: Sequence[Freeze]
    environment: str
    default_open: bool
    application: str | None = None
    tier: str = ""
    action: str = "deploy"


@dataclass(frozen=True)
class Opening:
    """`opens_at`: start of the current or next opening, `closes_at` its end; aware UTC. None: none within the
    horizon, or (while open) no start or end is known."""

    open_now: bool
    opens_at: datetime | None
    closes_at: datetime | None
    reasons: tuple[Reason, ...] = field(default=())

    def as_dict(self) -> dict:
        """The body of `GET /environments/{name}/next-opening`; times in UTC with `Z`."""
        times = {
            name: at.isoformat().replace("+00:00", "Z") if at else None
            for name, at in (("opens_at", self.opens_at), ("closes_at", self.closes_at))
        }
        return {"open_now": self.open_now, **times, "reasons": [reason.as_dict() for reason in self.reasons]}


def matches(scope: Mapping, calendars: Calendars) -> bool:
    """Whether a scope {"environment"?, "application"?, "tier"?} names the place; {} is the whole
    organisation."""
    place = {
        "environment": calendars.environment,
        "application": calendars.application,
        "tier": calendars.tier,
    }
    return all(key in place and place[key] == value for key, value in scope.items())


def opening(calendars: Calendars, at: datetime, zone: str = "UTC") -> Allow | Wait | Deny:
    """Allow(until the opening closes, or None) or Wait(until the next opening, or None; reasons). `zone`: the
    viewer's, in which the sentences give times beside the window's own. The calendar never denies."""
    found = _find(calendars, at, zone, HORIZON_DAYS)
    if found.open_now:
        return Allow((), found.closes_at)
    return Wait(found.reasons, found.opens_at)


def is_open(calendars: Calendars, at: datetime) -> bool:
    """Whether `calendars.action` may begin at `at`."""
    return _find(calendars, at, "UTC", 0).open_now


def next_opening(
    windows: Sequence[Window],
    freezes: Sequence[Freeze],
    *,
    environment: str,
    application: str | None = None,
    default_open: bool,
    at: datetime,
    action: str = "deploy",
    tier: str = "",
    horizon_days: int = HORIZON_DAYS,
    zone: str = "UTC",
) -> Opening:
    """When the place is open: now, or next within `horizon_days`; touching occurrences are one opening."""
    place = Calendars(windows, freezes, environment, default_open, application, tier, action)
    return _find(place, at, zone, horizon_days)


def next_occurrences(window: Window, at: datetime, n: int = 5) -> list[tuple[datetime, datetime]]:
    """The next `n` (opens, closes) that close after `at`, one by one, not merged. Raises RuleInvalid."""
    zone, now = zone_of(window.timezone), _seconds(at)
    rule = read_rule(window.rrule, local_time(window.start), zone)
    made = (window_interval(local, window.duration, zone) for local in rule)
    later = (interval for interval in made if interval and interval[1] > now)
    return [(_time(opens), _time(closes)) for opens, closes in islice(later, n)]


def _seconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("the instant must be aware")
    return int(at.timestamp() // 1)


def _time(instant: int) -> datetime:
    return datetime.fromtimestamp(instant, UTC)


class _Always:
    """One interval, in the form of an Expansion: the default of an environment, or a freeze that happens
    once."""

    def __init__(self, begins: int = -_ALWAYS, ends: int = _ALWAYS):
        self.interval = (begins, ends)

    def at(self, instant: int) -> tuple[int, int] | None:
        return self.interval if self.interval[0] <= instant < self.interval[1] else None

    def between(self, low: int, high: int) -> list[tuple[int, int]]:
        return [self.interval] if self.interval[1] > low and self.interval[0] < high else []

    def last_end(self, instant: int) -> int | None:
        return self.interval[1] if self.interval[1] <= instant else None

    def upto(self, instant: int) -> None:
        """Nothing to do: it is all known."""


_Intervals = Expansion | _Always


def _opened(window: Window) -> _Intervals:
    try:
        return expansion(window.rrule, window.start, window.duration, window.timezone, True)
    except RuleInvalid:
        return _Always(0, 0)  # a window nobody can read opens nothing


def _frozen(freeze: Freeze) -> _Intervals:
    try:
        if freeze.rrule:
            return expansion(freeze.rrule, freeze.start, freeze.duration or 0, freeze.timezone, False)
        zone = zone_of(freeze.timezone)
        # First time and later end, where the clock shows one of them twice.
        return _Always(instants(local_time(freeze.start), zone)[0], instants(local_time(freeze.end), zone)[1])
    except RuleInvalid:
        return _Always()  # a freeze nobody can read is in force


def _find(calendars: Calendars, at: datetime, zone: str, horizon_days: int) -> Opening:
    now = _seconds(at)
    horizon = now + horizon_days * 86_400
    windows = [window for window in calendars.windows if matches(window.scope, calendars)]
    frozen = [
        (freeze, _frozen(freeze))
        for freeze in calendars.freezes
        if calendars.action in freeze.actions and matches(freeze.scope, calendars)
    ]
    opened = [_opened(window) for window in windows]
    if not windows and calendars.default_open:
        opened = [_Always()]
    freezes = [intervals for _, intervals in frozen]
    for intervals in (*opened, *freezes):
        intervals.upto(horizon)
    in_window = any(intervals.at(now) for intervals in opened)
    active = [(freeze, intervals.at(now)) for freeze, intervals in frozen if intervals.at(now)]
    if in_window and not active:
        return _current(opened, freezes, now, horizon)
    segment = next((s for s in _segments(opened, freezes, now, horizon) if s[0] < horizon), None)
    opens, closes = segment or (None, None)
    if closes is not None and closes > horizon:
        closes = None  # what touches its end lies beyond what was looked at
    reasons = [_freeze_reason(freeze, interval[1], zone) for freeze, interval in active]
    if not in_window:
        reasons.append(_window_reason(calendars, windows, opens, closes, zone, horizon_days))
    return Opening(False, _bounded(opens, horizon), _bounded(closes, horizon), tuple(reasons))


def _bounded(instant: int | None, horizon: int) -> datetime | None:
    return None if instant is None or instant > horizon else _time(instant)


def _current(opened: list, freezes: list, now: int, horizon: int) -> Opening:
    """The opening that contains now, grown over what touches it, and cut by the freezes on both sides."""
    begins = ends = now
    while begins != (begins := _reach(opened, (begins - 1, begins), begins, min)):
        pass
    while ends <= horizon and ends != (ends := _reach(opened, (ends,), ends, max)):
        pass
    lifted = [end for end in (intervals.last_end(now) for intervals in freezes) if end is not None]
    begins = max([begins, *lifted])
    next_freeze = min((i[0] for intervals in freezes for i in intervals.between(now, horizon)), default=ends)
    opens_at = None if begins <= -_ALWAYS else _time(begins)
    return Opening(True, opens_at, _bounded(min(ends, next_freeze), horizon))


def _reach(opened: list, instants: tuple[int, ...], edge: int, furthest) -> int:
    """How far the intervals at these instants push the edge out."""
    around = [interval for intervals in opened for at in instants if (interval := intervals.at(at))]
    return furthest([edge, *(interval[0] if furthest is min else interval[1] for interval in around)])


def _segments(opened: list, freezes: list, now: int, horizon: int) -> Iterable[tuple[int, int]]:
    """The openings that begin after now and before the horizon: windows united, freezes cut out, touching
    joined."""
    shut = _merged(interval for intervals in freezes for interval in intervals.between(now, horizon))
    position = 0
    for begins, ends in _merged(
        interval for intervals in opened for interval in intervals.between(now, horizon)
    ):
        begins = max(begins, now)
        while position < len(shut) and shut[position][1] <= begins:
            position += 1
        while begins < ends:
            stop = shut[position][0] if position < len(shut) else ends
            if begins < min(stop, ends):
                yield begins, min(stop, ends)
            if stop >= ends:
                break
            begins = shut[position][1]
            position += begins < ends


def _merged(intervals: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for begins, ends in sorted(intervals):
        if merged and begins <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], ends)
        else:
            merged.append((begins, ends))
    return merged


def _shown(instant: int, own: str, viewer: str) -> str:
    """`Wednesday 25 November 2026 22:00 (Europe/Berlin)`, and in the viewer's zone where that is another
    one."""
    words = []
    for name in dict.fromkeys((own, viewer)):
        try:
            words.append(f"{_time(instant).astimezone(zone_of(name)):%A %-d %B %Y %H:%M} ({name})")
        except RuleInvalid:
            continue
    return ", that is ".join(words)


def _freeze_reason(freeze: Freeze, ends: int, zone: str) -> Reason:
    until = None if ends >= _ALWAYS else _time(ends)
    when = f" until {_shown(ends, freeze.timezone, zone)}" if until else ""
    text = f"Frozen by {freeze.name}{when}: {freeze.reason}"
    how = f"Wait for its end, or ask {freeze.contact}." if freeze.contact else "Wait for its end."
    return Reason("freeze", text, f"freeze:{freeze.id}", until, how)


def _window_reason(
    calendars: Calendars, windows: list, opens: int | None, closes: int | None, zone: str, horizon_days: int
) -> Reason:
    name, subject = calendars.environment, f"environment:{calendars.environment}"
    if not windows:
        text = f"No window names {name}, and it is closed where none does."
        return Reason("outside_window", text, subject, None, "Have a window added for it.")
    if opens is None:
        text = f"{name} is closed and does not open within {horizon_days} days."
        return Reason("outside_window", text, subject, None, "Have a window added or changed.")
    own = next((window.timezone for window in windows if _opened(window).at(opens)), windows[0].timezone)
    end = f" and closes {_shown(closes, own, own)}" if closes is not None else ""
    text = f"{name} is closed. It opens {_shown(opens, own, zone)}{end}."
    return Reason(
        "outside_window", text, subject, _time(opens), "Wait; it starts by itself when the window opens."
    )
