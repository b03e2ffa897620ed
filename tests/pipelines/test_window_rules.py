import time
from datetime import UTC, datetime

import pytest

from pipelines.window_rules import scope_gone, validate_freeze, validate_window

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
WINDOW = {
    "name": "Weekdays",
    "scope": {"environment": "prod"},
    "timezone": "Europe/Berlin",
    "rrule": "FREQ=WEEKLY;BYDAY=MO,TU",
    "start": "2026-01-05T22:00:00",
    "duration": 28_800,
    "at": NOW,
}
NO_ZONES = ("localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Berlin")
FREEZE = {
    "name": "Black week",
    "scope": {},
    "timezone": "Europe/Berlin",
    "start": "2026-11-20T00:00:00",
    "end": "2026-12-01T00:00:00",
    "reason": "No changes in the busiest week",
    "contact": "ops@acme.example",
    "at": NOW,
}
RECURRING = {**FREEZE, "end": None, "rrule": "FREQ=MONTHLY;BYDAY=SA;BYSETPOS=3", "duration": 86_400}


def window(**changes) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in validate_window(**{**WINDOW, **changes})]


def freeze(base=FREEZE, **changes) -> list[tuple[str, str]]:
    return [(e["pointer"], e["code"]) for e in validate_freeze(**{**base, **changes})]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"scope": {}},
        {"scope": {"environment": "prod", "application": "payments", "tier": "live"}},
        {"rrule": "FREQ=DAILY", "duration": 86_400, "timezone": "UTC"},  # touching occurrences merge
        {"duration": 86_400},
        {"rrule": "FREQ=MONTHLY;BYDAY=SA;BYSETPOS=3", "duration": 27 * 86_400},
        {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29"},
        {"rrule": "FREQ=DAILY;COUNT=1", "start": "2026-12-01T00:00:00", "duration": 40 * 86_400},
        {"rrule": "FREQ=DAILY;COUNT=1", "start": "2026-11-24T12:00:00"},  # under way
        {"rrule": "FREQ=HOURLY;INTERVAL=4", "duration": 60},
        {"start": "1970-01-01T00:00"},
        {"in_flight": "stop"},
    ],
    ids=str,
)
def test_a_sound_window_has_no_problem(changes):
    assert window(**changes) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"rrule": "FREQ=SOMETIMES"}, ("/rrule", "rrule_invalid")),
        ({"rrule": ""}, ("/rrule", "rrule_invalid")),
        ({"rrule": None}, ("/rrule", "rrule_invalid")),
        ({"timezone": "Mars/Base"}, ("/timezone", "timezone_unknown")),
        *[({"timezone": name}, ("/timezone", "timezone_unknown")) for name in NO_ZONES],
        ({"timezone": None}, ("/timezone", "timezone_unknown")),
        ({"start": "2026-01-05T22:00:00Z"}, ("/start", "start_has_offset")),
        ({"start": "2026-01-05T22:00:00+01:00"}, ("/start", "start_has_offset")),
        ({"start": "tomorrow"}, ("/start", "start_invalid")),
        ({"start": None}, ("/start", "start_invalid")),
        ({"duration": 0}, ("/duration", "duration_invalid")),
        ({"duration": -1}, ("/duration", "duration_invalid")),
        ({"duration": True}, ("/duration", "duration_invalid")),
        ({"duration": 3600.0}, ("/duration", "duration_invalid")),
        ({"duration": "3600"}, ("/duration", "duration_invalid")),
        ({"duration": 367 * 86_400}, ("/duration", "duration_invalid")),
        ({"duration": 86_401}, ("/duration", "duration_too_long")),
        ({"rrule": "FREQ=DAILY", "duration": 86_401}, ("/duration", "duration_too_long")),
        (
            {"rrule": "FREQ=MONTHLY", "duration": 29 * 86_400, "start": "2026-01-01T00:00"},
            ("/duration", "duration_too_long"),
        ),
        ({"rrule": "FREQ=HOURLY", "duration": 60}, ("/rrule", "too_many_occurrences")),
        ({"rrule": "FREQ=MINUTELY", "duration": 60}, ("/rrule", "too_many_occurrences")),
        ({"rrule": "FREQ=SECONDLY;INTERVAL=9999", "duration": 60}, ("/rrule", "too_many_occurrences")),
        ({"rrule": "FREQ=DAILY;BYHOUR=0,3,6,9,12,15,18", "duration": 60}, ("/rrule", "too_many_occurrences")),
        ({"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, ("/rrule", "never_occurs")),
        ({"rrule": "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"}, ("/rrule", "never_occurs")),
        ({"rrule": "FREQ=DAILY;INTERVAL=7;BYDAY=TU"}, ("/rrule", "never_occurs")),
        ({"rrule": "FREQ=DAILY;UNTIL=20260301"}, ("/rrule", "never_occurs")),
        ({"rrule": "FREQ=DAILY;COUNT=3"}, ("/rrule", "never_occurs")),
        ({"start": "2038-01-05T22:00:00"}, ("/rrule", "never_occurs")),
        ({"name": ""}, ("/name", "name_invalid")),
        ({"name": "x" * 101}, ("/name", "name_invalid")),
        ({"name": "a\nb"}, ("/name", "name_invalid")),
        ({"scope": None}, ("/scope", "scope_invalid")),
        ({"scope": {"region": "eu"}}, ("/scope/region", "scope_invalid")),
        ({"scope": {"environment": ["prod"]}}, ("/scope/environment", "scope_invalid")),
        ({"scope": {"environment": ""}}, ("/scope/environment", "scope_invalid")),
        ({"in_flight": "explode"}, ("/in_flight", "in_flight_invalid")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_window_is_named(changes, problem):
    assert window(**changes) == [problem]


def test_all_problems_are_named_at_once():
    found = window(name="", timezone="x", start="x", duration=0, rrule="x")
    assert [pointer for pointer, _ in found] == ["/name", "/timezone", "/start", "/duration", "/rrule"]


@pytest.mark.parametrize("rule", ["FREQ=DAILY", "FREQ=HOURLY", "FREQ=WEEKLY", "FREQ=MONTHLY", "FREQ=YEARLY"])
def test_a_rule_that_never_comes_is_found_out_quickly(rule):
    began = time.process_time()
    assert window(rrule=f"{rule};BYMONTH=2;BYMONTHDAY=30", duration=60) == [("/rrule", "never_occurs")]
    assert time.process_time() - began < 5


@pytest.mark.parametrize("base", [FREEZE, RECURRING], ids=["once", "recurring"])
def test_a_sound_freeze_has_no_problem(base):
    assert freeze(base) == []
    assert freeze(base, actions=["deploy", "rollback", "test", "config"]) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"end": "2026-11-20T00:00:00"}, ("/end", "end_before_start")),
        ({"end": "2026-11-19T00:00:00"}, ("/end", "end_before_start")),
        ({"end": None}, ("/end", "end_invalid")),
        ({"end": "2026-12-01T00:00:00Z"}, ("/end", "end_has_offset")),
        ({"start": "2026-11-20T00:00:00+01:00"}, ("/start", "start_has_offset")),
        ({"timezone": "x"}, ("/timezone", "timezone_unknown")),
        ({"reason": ""}, ("/reason", "reason_required")),
        ({"reason": "  "}, ("/reason", "reason_required")),
        ({"reason": None}, ("/reason", "reason_required")),
        ({"contact": ""}, ("/contact", "contact_required")),
        ({"actions": []}, ("/actions", "actions_invalid")),
        ({"actions": ["deploy", "sleep"]}, ("/actions", "actions_invalid")),
        ({"actions": "deploy"}, ("/actions", "actions_invalid")),
        ({"actions": [["deploy"]]}, ("/actions", "actions_invalid")),
        ({"scope": {"region": "eu"}}, ("/scope/region", "scope_invalid")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_freeze_is_named(changes, problem):
    assert freeze(**changes) == [problem]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"end": "2026-12-01T00:00:00"}, ("/end", "form_invalid")),
        ({"rrule": None}, ("/rrule", "rrule_invalid")),
        ({"duration": None}, ("/duration", "duration_invalid")),
        ({"duration": 60 * 86_400}, ("/duration", "duration_too_long")),
        ({"rrule": "FREQ=DAILY;COUNT=1;UNTIL=20270101"}, ("/rrule", "rrule_invalid")),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_recurring_freeze_is_named(changes, problem):
    assert freeze(RECURRING, **changes) == [problem]


def test_a_scope_tells_which_of_its_places_are_gone():
    here = {"environments": frozenset({"prod"}), "tiers": frozenset({"", "production"})}
    assert scope_gone({}, **here) == []
    assert scope_gone({"environment": "prod", "tier": "production", "application": "x"}, **here) == []
    assert scope_gone({"environment": "old", "tier": "gone"}, **here) == ["environment", "tier"]
