"""When a recurring rule really happens: local time and IANA zone in, instants out, right at both clock
changes.

Rules are RFC 5545 recurrence rules, expanded by python-dateutil in naive local time and then converted, so
that
"22:00" stays 22:00 all year. At gaps and overlaps of local time windows fail closed and freezes the other
way.
Instants are whole seconds since 1970 (UTC).
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from threading import Lock
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

MAX_RULE = 500  # characters
_PARTS = {
    "FREQ": r"YEARLY|MONTHLY|WEEKLY|DAILY|HOURLY|MINUTELY|SECONDLY",
    "INTERVAL": r"[1-9]\d{0,3}",
    "COUNT": r"[1-9]\d{0,4}",
    "UNTIL": r"\d{8}(T\d{6}Z?)?",
    "BYMONTH": r"\d{1,2}(,\d{1,2})*",
    "BYMONTHDAY": r"-?\d{1,2}(,-?\d{1,2})*",
    "BYYEARDAY": r"-?\d{1,3}(,-?\d{1,3})*",
    "BYWEEKNO": r"-?\d{1,2}(,-?\d{1,2})*",
    "BYDAY": r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)(,([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU))*",
    "BYHOUR": r"\d{1,2}(,\d{1,2})*",
    "BYMINUTE": r"\d{1,2}(,\d{1,2})*",
    "BYSETPOS": r"-?\d{1,3}(,-?\d{1,3})*",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}
_LIMITS = {
    "BYMONTH": (1, 12),
    "BYMONTHDAY": (1, 31),
    "BYYEARDAY": (1, 366),
    "BYWEEKNO": (1, 53),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSETPOS": (1, 366),
}


class RuleInvalid(ValueError):
    """A rule, a zone or a local time that cannot be read. The message is a sentence for people."""


# Files beside the zones that zoneinfo reads: what the machine is set to, and nothing. Not the same everywhere.
NO_PLACES = frozenset({"localtime", "posixrules", "Factory"})


@lru_cache(maxsize=256)
def zone_of(name: str) -> ZoneInfo:
    """The IANA zone of that name. Raises RuleInvalid."""
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}", name):
        raise RuleInvalid("This is not the name of an IANA time zone.")
    if name in NO_PLACES or name.startswith(("posix/", "right/")):
        raise RuleInvalid("There is no such IANA time zone.")
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        raise RuleInvalid("There is no such IANA time zone.") from error


def local_time(text: str) -> datetime:
    """A naive local time from `YYYY-MM-DDTHH:MM[:SS]`, years 1970 to 2199. Raises RuleInvalid."""
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?", text, re.ASCII):
        raise RuleInvalid("A local time is written like 2026-01-05T22:00:00, without an offset.")
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise RuleInvalid("There is no such day or time.") from error
    if not 1970 <= at.year <= 2199:
        raise RuleInvalid("The year is from 1970 to 2199.")
    return at


def read_rule(text: str, start: datetime, zone: ZoneInfo):
    """The dateutil rule of an RFC 5545 RRULE value with a naive `start`. Raises RuleInvalid.

    UNTIL in UTC is converted to local time; a bare date includes that whole local day.
    """
    parts = _rule_parts(text)
    if "UNTIL" in parts:
        parts["UNTIL"] = _until(parts["UNTIL"], zone)
    joined = ";".join(f"{key}={value}" for key, value in parts.items())
    try:
        return rrulestr(joined, dtstart=start)
    except (ValueError, TypeError, OverflowError) as error:
        raise RuleInvalid("This rule contradicts itself.") from error


def _rule_parts(text: str) -> dict[str, str]:
    if not isinstance(text, str) or not 0 < len(text) <= MAX_RULE:
        raise RuleInvalid(
            f"A rule is text of at most {MAX_RULE} characters, such as FREQ=WEEKLY;BYDAY=MO,TU."
        )
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        key, _, value = part.partition("=")
        if key not in _PARTS or key in parts or not re.fullmatch(_PARTS[key], value, re.ASCII):
            raise RuleInvalid(f"The part {part[:40]!r} cannot be read, is not taken here or stands twice.")
        low, high = _LIMITS.get(key, (None, None))
        if low is not None and not all(low <= abs(int(number)) <= high for number in value.split(",")):
            raise RuleInvalid(f"The part {part[:40]!r} has a value that no calendar has.")
        parts[key] = value
    if "FREQ" not in parts:
        raise RuleInvalid("A rule needs FREQ.")
    if "COUNT" in parts and "UNTIL" in parts:
        raise RuleInvalid("A rule has COUNT or UNTIL, not both.")
    if "BYSETPOS" in parts and parts["FREQ"] not in ("YEARLY", "MONTHLY", "WEEKLY"):
        raise RuleInvalid("BYSETPOS goes with YEARLY, MONTHLY or WEEKLY.")
    if re.search(r"\d", parts.get("BYDAY", "")) and parts["FREQ"] not in ("YEARLY", "MONTHLY"):
        raise RuleInvalid("A numbered BYDAY goes with YEARLY or MONTHLY.")  # RFC 5545 §3.3.10
    return parts


def _until(value: str, zone: ZoneInfo) -> str:
    try:
        if len(value) == 8:
            return datetime.strptime(value, "%Y%m%d").strftime("%Y%m%dT235959")  # noqa: DTZ007  (local by intent)
        at = datetime.strptime(value.rstrip("Z"), "%Y%m%dT%H%M%S")  # noqa: DTZ007  (local unless it ends in Z)
        if value.endswith("Z"):
            at = at.replace(tzinfo=UTC).astimezone(zone)
        return f"{at:%Y%m%dT%H%M%S}"
    except (ValueError, OverflowError) as error:
        raise RuleInvalid("UNTIL is no time that exists.") from error


def _instant(local: datetime, offset: timedelta) -> int:
    return int((local - offset).replace(tzinfo=UTC).timestamp())


def instants(local: datetime, zone: ZoneInfo) -> tuple[int, int]:
    """(first, second) instant at which clocks in `zone` show a naive local time; equal unless it is repeated.

    A local time that is skipped gives the first instant after the gap, twice.
    """
    early, late = (local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1))
    first, second = _instant(local, early), _instant(local, late)
    if early >= late:
        return first, second
    # A gap (PEP 495: fold=0 applies the offset before it, fold=1 the one after). The change lies between.
    low, high = second, first
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == early:
            low = middle
        else:
            high = middle
    return high, high


def window_interval(start: datetime, seconds: int, zone: ZoneInfo) -> tuple[int, int] | None:
    """[opens, closes) of one occurrence of a window, failing closed; None if nothing is left of it.

    A missing start opens after the gap, a repeated one at its second time. It closes at the earlier of the
    nominal duration in elapsed seconds and the first time after opening at which the clock shows the end.
    """
    opens = instants(start, zone)[1]
    ends = [end for end in instants(start + timedelta(seconds=seconds), zone) if end > opens]
    closes = min([opens + seconds, *ends]) if ends else opens
    return (opens, closes) if closes > opens else None


def freeze_interval(start: datetime, seconds: int, zone: ZoneInfo) -> tuple[int, int]:
    """[begins, ends) of one occurrence of a recurring freeze: first time, later end."""
    begins = instants(start, zone)[0]
    return begins, max(begins + seconds, instants(start + timedelta(seconds=seconds), zone)[1])


class Expansion:
    """The merged intervals of one rule, made as far as somebody asked and kept (touching ones are one)."""

    def __init__(self, rule: str, start: str, seconds: int, zone: str, *, closing: bool):
        self.zone = zone_of(zone)
        self.seconds = seconds
        self.make = window_interval if closing else freeze_interval
        self.rule: Iterator[datetime] = iter(read_rule(rule, local_time(start), self.zone))
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.known_to = -(2**62)  # every occurrence that begins before this instant is in the lists
        self.lock = Lock()

    def upto(self, instant: int) -> None:
        """Make the lists complete for occurrences that begin at or before `instant`."""
        if self.known_to > instant:
            return
        with self.lock:
            while self.known_to <= instant:
                local = next(self.rule, None)
                if local is None or local.year > 2300:
                    self.known_to = 2**62
                    return
                interval = self.make(local, self.seconds, self.zone)
                if interval is not None:
                    self._add(*interval)
                # Local order is instant order but for a day at most (clock changes, zones that skipped a
                # day).
                self.known_to = _instant(local, timedelta()) - 2 * 86_400

    def _add(self, begins: int, ends: int) -> None:
        if self.ends and begins <= self.ends[-1]:
            self.ends[-1] = max(self.ends[-1], ends)
        else:
            # Ends first: another thread finds its way by the starts and then looks up the end.
            self.ends.append(ends)
            self.starts.append(begins)

    def at(self, instant: int) -> tuple[int, int] | None:
        """The interval that contains `instant`, or None."""
        self.upto(instant)
        index = bisect_right(self.starts, instant) - 1
        if index >= 0 and instant < self.ends[index]:
            return self.starts[index], self.ends[index]
        return None

    def between(self, low: int, high: int) -> list[tuple[int, int]]:
        """The intervals that end after `low` and begin before `high`."""
        self.upto(high)
        index = bisect_right(self.ends, low)
        last = bisect_right(self.starts, high - 1)
        return list(zip(self.starts[index:last], self.ends[index:last], strict=True))

    def last_end(self, instant: int) -> int | None:
        """The latest end at or before `instant`, or None."""
        self.upto(instant)
        index = bisect_right(self.ends, instant) - 1
        return self.ends[index] if index >= 0 else None


@lru_cache(maxsize=4096)
def expansion(rule: str, start: str, seconds: int, zone: str, closing: bool) -> Expansion:
    """The kept expansion of a rule. Raises RuleInvalid. `closing`: True for windows, False for freezes."""
    return Expansion(rule, start, seconds, zone, closing=closing)
