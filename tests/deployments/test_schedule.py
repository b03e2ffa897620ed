"""A start is asked for at an instant at which something may start; otherwise it says when that is."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.schedule import instant_problem, schedule_problem
from pipelines.calendar import Calendars, Freeze, Window, next_opening

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)  # a Monday
WEDNESDAY = Window(
    "win_1", "Wednesday night", {}, "Europe/Berlin", "FREQ=WEEKLY;BYDAY=WE", "2026-01-07T22:00:00", 3600
)
INSIDE = datetime(2026, 11, 25, 21, 30, tzinfo=UTC)
FROZEN = Freeze("frz_1", "Sale", {}, "UTC", "2026-11-25T00:00:00", "2026-11-26T00:00:00", reason="Busy.")


def problem(not_before, *, windows=(WEDNESDAY,), freezes=(), default_open=False, zone="UTC"):
    place = Calendars(windows, freezes, "prod", default_open)
    opening = next_opening(
        place.windows, place.freezes, environment="prod", default_open=default_open, at=not_before, zone=zone
    )
    return schedule_problem(opening, "prod", zone)


def test_inside_a_window_nothing_is_wrong():
    assert problem(INSIDE) is None


def test_outside_it_names_the_next_opening_in_both_zones():
    found = problem(datetime(2026, 11, 26, 9, tzinfo=UTC), zone="America/New_York")
    (error,) = found["errors"]
    assert (error["pointer"], error["code"]) == ("/not_before", "schedule_outside_window")
    assert "Wednesday 2 December 2026 22:00 (Europe/Berlin)" in error["detail"]
    assert "Wednesday 2 December 2026 16:00 (America/New_York)" in error["detail"]
    assert found["next_opening"] == "2026-12-02T21:00:00Z"


def test_the_instant_a_window_closes_is_outside():
    closes = datetime(2026, 11, 25, 22, tzinfo=UTC)
    assert problem(closes - timedelta(seconds=1)) is None
    assert problem(closes)["next_opening"] == "2026-12-02T21:00:00Z"


def test_what_is_open_by_default_takes_every_instant():
    assert problem(NOW + timedelta(days=3), windows=(), default_open=True) is None


def test_what_is_closed_and_has_no_window_has_no_next_opening():
    found = problem(NOW + timedelta(days=3), windows=())
    assert found["next_opening"] is None
    assert "No window names prod" in found["errors"][0]["detail"]


def test_in_a_freeze_the_opening_after_it_is_named_and_not_its_end():
    found = problem(INSIDE, freezes=(FROZEN,), zone="Europe/Paris")
    assert found["next_opening"] == "2026-12-02T21:00:00Z"
    detail = found["errors"][0]["detail"]
    assert "Frozen by Sale until Thursday 26 November 2026 00:00 (UTC)" in detail
    assert detail.endswith("prod opens Wednesday 2 December 2026 22:00 (Europe/Paris).")


def test_in_a_freeze_without_end_no_opening_is_promised():
    endless = Freeze(
        "frz_1", "Stop", {}, "nowhere", "2026-11-25T00:00:00", "2026-11-26T00:00:00", reason="Busy."
    )
    found = problem(INSIDE, freezes=(endless,))
    assert found["next_opening"] is None
    assert found["errors"][0]["detail"].endswith("No opening of prod is known after that.")


TICK = timedelta(microseconds=1)
FARTHEST = NOW + timedelta(days=90)


@pytest.mark.parametrize(
    ("not_before", "code"),
    [
        (NOW - TICK, "in_the_past"),
        (NOW, None),
        (FARTHEST, None),
        (FARTHEST + TICK, "too_far_ahead"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC), "too_far_ahead"),
    ],
)
def test_an_instant_is_from_now_to_90_days_ahead_whatever_the_calendar_says(not_before, code):
    found = instant_problem(not_before, NOW)
    assert (found and [(error["pointer"], error["code"]) for error in found["errors"]]) == (
        code and [("/not_before", code)]
    )
    assert "next_opening" not in (found or {})


def test_too_far_ahead_says_how_far_it_may_be():
    (error,) = instant_problem(FARTHEST + TICK, NOW)["errors"]
    assert error["detail"] == "A start is at most 90 days ahead."
