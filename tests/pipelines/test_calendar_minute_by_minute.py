import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.calendar import Calendars, is_open, next_occurrences
from pipelines.occurrences import expansion
from tests.pipelines.test_calendar import ALWAYS, MONDAY, ask, at, freeze, window


def test_the_next_occurrences_are_listed_one_by_one():
    assert next_occurrences(ALWAYS, at("2026-01-01T12:00Z"), 2) == [
        (at("2026-01-01T00:00Z"), at("2026-01-02T00:00Z")),
        (at("2026-01-02T00:00Z"), at("2026-01-03T00:00Z")),
    ]
    assert next_occurrences(window("FREQ=DAILY;COUNT=1"), MONDAY) == []


# An independent reference: minute by minute, by the clock on the wall, without any of the code under test.

RULES = [
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=SU,WE",
    "FREQ=WEEKLY;BYDAY=SA,SU,MO",
    "FREQ=MONTHLY;BYDAY=-1SU",
    "FREQ=DAILY;INTERVAL=3",
]
# (zone, a local day at whose clock change it gets hard)
CHANGES = [
    ("Europe/Paris", "2026-03-29"),
    ("Europe/Paris", "2026-10-25"),
    ("America/New_York", "2026-03-08"),
    ("America/New_York", "2026-11-01"),
    ("Australia/Lord_Howe", "2026-04-05"),
    ("Australia/Lord_Howe", "2026-10-04"),
    ("Pacific/Apia", "2011-12-30"),
    ("America/Sao_Paulo", "2018-11-04"),
    ("Asia/Kathmandu", "2026-01-01"),
    ("Africa/Casablanca", "2026-02-15"),
    ("Africa/Casablanca", "2026-03-22"),
    ("UTC", "2026-12-31"),
]


def wall(minute: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(minute * 60, zone).replace(tzinfo=None)


def reference(
    rule: str, start: datetime, minutes: int, zone: ZoneInfo, low: int, high: int, *, closing: bool
) -> set[int]:
    """The minutes (since 1970) in [low, high) that an occurrence covers, by looking at every minute's wall clock."""
    clock = [wall(minute, zone) for minute in range(low - 3 * 1440, high + 3 * 1440)]
    first = low - 3 * 1440
    covered: set[int] = set()
    for local in rrulestr(rule, dtstart=start):
        if local > clock[-1] - timedelta(days=1):
            break
        if local < clock[0]:
            continue
        ends = local + timedelta(minutes=minutes)
        shown = [i for i, c in enumerate(clock) if c == local]
        begin = (
            (shown[-1] if closing else shown[0])
            if shown
            else next(i for i, c in enumerate(clock) if c > local and i and clock[i - 1] < local)
        )
        end_shown = [i for i, c in enumerate(clock) if c == ends] or [
            next(i for i, c in enumerate(clock) if c > ends and i and clock[i - 1] < ends)
        ]
        if closing:
            later = [i for i in end_shown if i > begin]
            end = min([begin + minutes, *later]) if later else begin
        else:
            end = max(begin + minutes, end_shown[-1])
        covered.update(range(begin, end))
    return {first + i for i in covered if low <= first + i < high}


@settings(max_examples=60, deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    rules=st.lists(
        st.tuples(st.sampled_from(RULES), st.integers(0, 95), st.sampled_from([15, 60, 90, 480, 1440])),
        max_size=2,
    ),
    frozen=st.lists(
        st.tuples(st.sampled_from(RULES), st.integers(0, 95), st.sampled_from([15, 60, 480])), max_size=1
    ),
    default_open=st.booleans(),
)
def test_every_minute_around_a_clock_change_agrees_with_the_wall_clock(change, rules, frozen, default_open):
    name, day = change
    zone, middle = ZoneInfo(name), datetime.fromisoformat(day)
    low = int(middle.replace(tzinfo=UTC).timestamp()) // 60 - 1440
    high = low + 3 * 1440
    windows, freezes, opened, shut = [], [], set(), set()
    for index, (rule, quarter, minutes) in enumerate(rules):
        start = middle - timedelta(days=30) + timedelta(minutes=15 * quarter)
        windows.append(window(rule, start.isoformat(), minutes * 60, name, {}, f"win_{index}"))
        opened |= reference(rule, start, minutes, zone, low, high, closing=True)
    for rule, quarter, minutes in frozen:
        start = middle - timedelta(days=30) + timedelta(minutes=15 * quarter)
        freezes.append(freeze(start.isoformat(), "", name, rrule=rule, duration=minutes * 60))
        shut |= reference(rule, start, minutes, zone, low, high, closing=False)
    expected = (opened if rules else set(range(low, high)) if default_open else set()) - shut
    place = Calendars(windows, freezes, "prod", default_open)
    found = {m for m in range(low, high, 5) if is_open(place, datetime.fromtimestamp(m * 60, UTC))}
    assert found == {m for m in expected if (m - low) % 5 == 0}
    # What is said about the next opening is what the minutes show.
    for minute in range(low, high, 131):
        answer = ask(
            windows, freezes, when=datetime.fromtimestamp(minute * 60, UTC), default_open=default_open
        )
        assert answer.open_now == (minute in expected)
        if not answer.open_now:
            coming = min((m for m in expected if m > minute), default=None)
            said = answer.opens_at and int(answer.opens_at.timestamp()) // 60
            assert said == coming or (coming is None and (said is None or said >= high))
        closing = answer.closes_at and int(answer.closes_at.timestamp()) // 60
        if answer.open_now and closing is not None and closing < high:
            assert closing == min(m for m in range(minute, high + 1) if m not in expected)
        if answer.open_now and answer.opens_at and answer.opens_at.timestamp() // 60 >= low:
            begun = int(answer.opens_at.timestamp()) // 60
            assert begun == low or begun - 1 not in expected
            assert set(range(begun, minute + 1)) <= expected


@pytest.mark.parametrize("seed", range(40))
def test_an_answer_does_not_depend_on_what_was_asked_before(seed):
    rng = random.Random(seed)
    name, day = rng.choice(CHANGES)
    begin = datetime.fromisoformat(day) - timedelta(days=30)

    def start() -> str:
        return (begin + timedelta(minutes=15 * rng.randint(0, 95))).isoformat()

    minutes = [15, 90, 480, 1440]
    windows = [
        window(rng.choice(RULES), start(), rng.choice(minutes) * 60, name, {}, f"win_{n}") for n in range(2)
    ]
    freezes = [freeze(start(), "", name, rrule=rng.choice(RULES), duration=rng.choice(minutes[:3]) * 60)]
    asked = [begin.replace(tzinfo=UTC) + timedelta(minutes=rng.randint(0, 90 * 1440)) for _ in range(10)]
    expansion.cache_clear()
    kept = [ask(windows, freezes, when=when) for when in asked]
    for when, answer in zip(asked, kept, strict=True):
        expansion.cache_clear()
        assert ask(windows, freezes, when=when) == answer


def test_an_end_beyond_the_horizon_is_not_told():
    daily = window("FREQ=DAILY", "2026-12-01T00:00:00", 86_400, "UTC")
    found = ask([daily])
    assert (found.opens_at, found.closes_at) == (at("2026-12-01T00:00Z"), None)
    assert "It opens Tuesday 1 December 2026 00:00 (UTC)." in found.reasons[0].text
    assert "closes" not in found.reasons[0].text
