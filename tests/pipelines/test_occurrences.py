from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.occurrences import (
    Expansion,
    RuleInvalid,
    expansion,
    freeze_interval,
    instants,
    local_time,
    read_rule,
    window_interval,
    zone_of,
)

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
LORD_HOWE, APIA = ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Pacific/Apia")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def between(opens: str, closes: str) -> tuple[int, int]:
    return at(opens), at(closes)


@pytest.mark.parametrize(
    ("zone", "local", "first", "second"),
    [
        (BERLIN, "2026-07-01T22:00", "2026-07-01T20:00Z", "2026-07-01T20:00Z"),
        (BERLIN, "2026-12-01T22:00", "2026-12-01T21:00Z", "2026-12-01T21:00Z"),
        (BERLIN, "2026-03-29T02:30", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),  # skipped
        (BERLIN, "2026-03-29T02:00", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
        (BERLIN, "2026-03-29T03:00", "2026-03-29T01:00Z", "2026-03-29T01:00Z"),
        (BERLIN, "2026-10-25T02:30", "2026-10-25T00:30Z", "2026-10-25T01:30Z"),  # repeated
        (BERLIN, "2026-10-25T03:00", "2026-10-25T02:00Z", "2026-10-25T02:00Z"),
        (NEW_YORK, "2026-03-08T02:30", "2026-03-08T07:00Z", "2026-03-08T07:00Z"),
        (NEW_YORK, "2026-11-01T01:30", "2026-11-01T05:30Z", "2026-11-01T06:30Z"),
        (LORD_HOWE, "2026-10-04T02:15", "2026-10-03T15:30Z", "2026-10-03T15:30Z"),  # half an hour only
        (LORD_HOWE, "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
        (APIA, "2011-12-30T12:00", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),  # a day that never was
    ],
)
def test_local_times_become_instants_at_gaps_and_overlaps(zone, local, first, second):
    assert instants(datetime.fromisoformat(local), zone) == (at(first), at(second))


@pytest.mark.parametrize(
    ("start", "seconds", "expected"),
    [
        # ordinary
        ("2026-12-02T22:00", 3600, ("2026-12-02T21:00Z", "2026-12-02T22:00Z")),
        # a missing start opens after the gap and closes by the clock
        ("2026-03-29T02:30", 3600, ("2026-03-29T01:00Z", "2026-03-29T01:30Z")),
        # nothing is left of it
        ("2026-03-29T02:00", 3600, None),
        ("2026-03-29T02:15", 900, None),
        # over the gap: the wall-clock end comes first
        ("2026-03-29T01:30", 7200, ("2026-03-29T00:30Z", "2026-03-29T01:30Z")),
        # a repeated start begins at its second time
        ("2026-10-25T02:30", 3600, ("2026-10-25T01:30Z", "2026-10-25T02:30Z")),
        ("2026-10-25T02:30", 900, ("2026-10-25T01:30Z", "2026-10-25T01:45Z")),
        # over the overlap: the elapsed duration comes first
        ("2026-10-25T01:30", 5400, ("2026-10-24T23:30Z", "2026-10-25T01:00Z")),
        ("2026-10-25T01:30", 3600, ("2026-10-24T23:30Z", "2026-10-25T00:30Z")),
        # whole days of 23 and 25 hours
        ("2026-03-29T00:00", 86_400, ("2026-03-28T23:00Z", "2026-03-29T22:00Z")),
        ("2026-10-25T00:00", 86_400, ("2026-10-24T22:00Z", "2026-10-25T22:00Z")),
    ],
)
def test_windows_fail_closed_at_the_clock_changes(start, seconds, expected):
    found = window_interval(datetime.fromisoformat(start), seconds, BERLIN)
    assert found == (expected and between(*expected))


@pytest.mark.parametrize(
    ("start", "seconds", "expected"),
    [
        ("2026-12-02T22:00", 3600, ("2026-12-02T21:00Z", "2026-12-02T22:00Z")),
        ("2026-03-29T02:30", 3600, ("2026-03-29T01:00Z", "2026-03-29T02:00Z")),
        ("2026-03-29T01:30", 7200, ("2026-03-29T00:30Z", "2026-03-29T02:30Z")),
        ("2026-10-25T02:30", 3600, ("2026-10-25T00:30Z", "2026-10-25T02:30Z")),
        ("2026-10-25T01:30", 3600, ("2026-10-24T23:30Z", "2026-10-25T01:30Z")),
        ("2026-10-25T00:00", 86_400, ("2026-10-24T22:00Z", "2026-10-25T23:00Z")),
    ],
)
def test_freezes_fail_closed_the_other_way(start, seconds, expected):
    assert freeze_interval(datetime.fromisoformat(start), seconds, BERLIN) == between(*expected)


@pytest.mark.parametrize(
    "zone",
    ["Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC", "Africa/Casablanca"],
)
def test_no_window_is_open_longer_than_it_says_and_no_freeze_is_shorter(zone):
    start = datetime(2011, 12, 28)
    for step in range(0, 3 * 366 * 24 * 4, 7):
        local = start + timedelta(minutes=15 * step)
        for seconds in (900, 5400, 86_400):
            window = window_interval(local, seconds, ZoneInfo(zone))
            freeze = freeze_interval(local, seconds, ZoneInfo(zone))
            assert window is None or 0 < window[1] - window[0] <= seconds
            assert freeze[1] - freeze[0] >= seconds
            assert window is None or freeze[0] <= window[0] < window[1] <= freeze[1]


@pytest.mark.parametrize("name", ["Europe/Paris", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+5"])
def test_known_zones_are_found(name):
    assert zone_of(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "Mars/Base",
        "CEST!",
        "../../etc/passwd",
        "/etc/localtime",
        "Europe",
        "Europe/",
        "a" * 300,
        None,
        3,
        "UTC\n",
        "+02:00",
    ],
)
def test_unknown_zones_are_refused(name):
    with pytest.raises(RuleInvalid):
        zone_of(name)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-05",
        "2026-01-05T22:00:00Z",
        "2026-01-05T22:00+01:00",
        "2026-02-30T00:00",
        "2026-01-05 22:00",
        "2026-01-05T24:00",
        "1969-12-31T23:59",
        "2200-01-01T00:00",
        "2026-01-05T22:00:00.5",
        "٢٠٢٦-01-05T22:00",
        None,
        5,
    ],
)
def test_what_is_no_local_time_is_refused(text):
    with pytest.raises(RuleInvalid):
        local_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "WEEKLY",
        "FREQ=",
        "FREQ=FORTNIGHTLY",
        "INTERVAL=2",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYMONTH=13",
        "FREQ=DAILY;BYMONTHDAY=0",
        "FREQ=DAILY;BYMONTHDAY=32",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYEASTER=0",
        "FREQ=DAILY;BYSECOND=1",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101",
        "FREQ=DAILY;UNTIL=tomorrow",
        "FREQ=DAILY;UNTIL=20269999",
        "FREQ=WEEKLY;BYDAY=2MO",
        "FREQ=DAILY;BYSETPOS=1",
        "FREQ=DAILY\nEXRULE:FREQ=DAILY",
        "FREQ=DAILY;",
        "DTSTART:20260101T000000\nRRULE:FREQ=DAILY",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=3",
        "FREQ=DAILY;" + "A" * 600,
        None,
        7,
        ["FREQ=DAILY"],
    ],
)
def test_what_is_no_rule_is_refused(text):
    with pytest.raises(RuleInvalid):
        read_rule(text, datetime(2026, 1, 5, 22), BERLIN)


def test_rules_are_expanded_in_local_time():
    third_saturday = read_rule("FREQ=MONTHLY;BYDAY=SA;BYSETPOS=3", datetime(2026, 1, 1, 8), BERLIN)
    assert [f"{day:%m-%d %H}" for _, day in zip(range(3), third_saturday, strict=False)] == [
        "01-17 08",
        "02-21 08",
        "03-21 08",
    ]


def test_until_in_utc_is_read_in_the_zone_and_a_bare_date_includes_its_day():
    start = datetime(2026, 1, 5, 22)
    assert len(list(read_rule("FREQ=DAILY;UNTIL=20260107", start, BERLIN))) == 3
    assert len(list(read_rule("FREQ=DAILY;UNTIL=20260107T210000Z", start, BERLIN))) == 3
    assert len(list(read_rule("FREQ=DAILY;UNTIL=20260107T205959Z", start, BERLIN))) == 2
    assert len(list(read_rule("RRULE:freq=daily;until=20260107T220000", start, BERLIN))) == 3


def test_an_expansion_is_made_only_as_far_as_asked_and_kept():
    made = Expansion("FREQ=DAILY", "2026-01-01T22:00", 3600, "Europe/Berlin", closing=True)
    assert made.at(at("2026-01-03T21:30Z")) == between("2026-01-03T21:00Z", "2026-01-03T22:00Z")
    assert made.at(at("2026-01-03T22:00Z")) is None
    assert len(made.starts) < 10
    assert len(made.between(at("2026-02-01T00:00Z"), at("2026-02-04T00:00Z"))) == 3
    assert made.last_end(at("2026-02-01T12:00Z")) == at("2026-01-31T22:00Z")
    assert made.last_end(at("2025-12-31T00:00Z")) is None
    assert expansion("FREQ=DAILY", "2026-01-01T22:00", 60, "UTC", True) is expansion(
        "FREQ=DAILY", "2026-01-01T22:00", 60, "UTC", True
    )


def test_touching_occurrences_are_one_interval_and_a_rule_that_ends_ends():
    made = Expansion("FREQ=DAILY;COUNT=3", "2026-01-01T00:00", 86_400, "UTC", closing=True)
    assert made.at(at("2026-01-02T05:00Z")) is not None
    made.upto(at("2027-01-01T00:00Z"))
    assert (made.starts, made.ends) == ([at("2026-01-01T00:00Z")], [at("2026-01-04T00:00Z")])
    assert made.at(at("2026-01-04T00:00Z")) is None


def test_two_threads_expanding_at_once_lose_and_double_nothing():
    from concurrent.futures import ThreadPoolExecutor

    made = Expansion("FREQ=DAILY", "2020-01-01T22:00", 3600, "Europe/Berlin", closing=True)
    asked = [int(datetime(2020 + n % 7, 1 + n % 12, 3, 21, 30, tzinfo=UTC).timestamp()) for n in range(200)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(made.at, asked))
    alone = Expansion("FREQ=DAILY", "2020-01-01T22:00", 3600, "Europe/Berlin", closing=True)
    alone.upto(max(asked))
    size = min(len(alone.starts), len(made.starts))
    assert (made.starts[:size], made.ends[:size]) == (alone.starts[:size], alone.ends[:size])
    assert len(made.starts) == len(made.ends) == len(set(made.starts))
