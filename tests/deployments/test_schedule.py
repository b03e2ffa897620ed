"""A start is asked for at an instant at which something may start; otherwise it says when that is."""

from datetime import UTC, datetime, timedelta

import pytest

from deployments.schedule import schedule_problem
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
    return schedule_problem(not_before, NOW, opening, "prod", zone)


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


@pytest.mark.parametrize("windows", [(), (WEDNESDAY,)])
def test_what_is_over_is_over_whatever_the_calendar_says(windows):
    found = problem(NOW - timedelta(seconds=1), windows=windows, default_open=True)
    assert [error["code"] for error in found["errors"]] == ["in_the_past"]
    assert "next_opening" not in found


def test_now_is_not_over():
    assert problem(NOW, windows=(), default_open=True) is None
