from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from kernel.verdicts import Allow, Wait
from pipelines.calendar import (
    Calendars,
    Freeze,
    Window,
    is_open,
    matches,
    next_opening,
    opening,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def window(
    rrule="FREQ=WEEKLY;BYDAY=WE",
    start="2026-01-07T22:00:00",
    duration=3600,
    zone="Europe/Berlin",
    scope=None,
    id="win_1",
):
    return Window(
        id, "nightly", {"environment": "prod"} if scope is None else scope, zone, rrule, start, duration
    )


def freeze(
    start="2026-11-24T00:00:00",
    end="2026-11-26T06:00:00",
    zone="Europe/Berlin",
    scope=None,
    id="frz_1",
    **more,
):
    more = {"reason": "Black week", "contact": "ops@acme.example", **more}
    return Freeze(id, "holidays", scope or {}, zone, start, end, **more)


ALWAYS = window("FREQ=DAILY", "2026-01-01T00:00:00", 86_400, "UTC")
MONDAY = at("2026-11-23T12:00Z")


def ask(windows=(), freezes=(), when=MONDAY, default_open=False, **more):
    more = {"environment": "prod", "application": "payments", **more}
    return next_opening(list(windows), list(freezes), default_open=default_open, at=when, **more)


def times(found):
    return found.open_now, found.opens_at, found.closes_at


def codes(found):
    return [reason.code for reason in found.reasons]


def test_wednesday_ten_in_the_evening_in_berlin():
    found = ask([window()])
    assert times(found) == (False, at("2026-11-25T21:00Z"), at("2026-11-25T22:00Z"))
    assert codes(found) == ["outside_window"]
    assert found.reasons[0].until == at("2026-11-25T21:00Z")
    assert "Wednesday 25 November 2026 22:00 (Europe/Berlin)" in found.reasons[0].text
    summer = ask([window()], when=at("2026-07-01T20:00Z"))
    assert times(summer) == (True, at("2026-07-01T20:00Z"), at("2026-07-01T21:00Z"))
    assert summer.reasons == ()


@pytest.mark.parametrize(
    ("when", "open_now"),
    [
        ("2026-11-25T20:59:59.999999Z", False),
        ("2026-11-25T21:00Z", True),
        ("2026-11-25T21:59:59.999999Z", True),
        ("2026-11-25T22:00Z", False),
    ],
)
def test_an_opening_includes_its_first_instant_and_not_its_last(when, open_now):
    assert ask([window()], when=at(when)).open_now is open_now


def test_a_daily_window_of_a_whole_day_in_utc_is_always_open():
    for hours in range(0, 24 * 500, 5):
        found = ask([ALWAYS], when=at("2026-01-01T00:00Z") + timedelta(hours=hours))
        assert times(found) == (True, at("2026-01-01T00:00Z"), None)
    assert not ask([ALWAYS], when=at("2025-12-31T23:59:59Z")).open_now


def test_without_a_window_the_environment_decides():
    assert times(ask(default_open=True)) == (True, None, None)
    found = ask(default_open=False)
    assert times(found) == (False, None, None)
    assert codes(found) == ["outside_window"]
    elsewhere = window(scope={"environment": "staging"})
    assert times(ask([elsewhere], default_open=True)) == (True, None, None)


def test_a_matching_window_closes_an_environment_that_is_open_by_default():
    assert not ask([window()], default_open=True).open_now


def test_a_freeze_beats_the_window_and_is_named_with_its_end():
    found = ask([ALWAYS], [freeze()], when=at("2026-11-24T12:00Z"))
    assert times(found) == (False, at("2026-11-26T05:00Z"), None)
    assert codes(found) == ["freeze"]
    reason = found.reasons[0]
    assert (reason.object, reason.until) == ("freeze:frz_1", at("2026-11-26T05:00Z"))
    assert "Black week" in reason.text
    assert "ops@acme.example" in reason.how_to_clear


def test_a_freeze_beats_the_default_too_and_the_opening_begins_at_its_end():
    assert times(ask([], [freeze()], default_open=True, when=at("2026-11-25T12:00Z"))) == (
        False,
        at("2026-11-26T05:00Z"),
        None,
    )
    assert times(ask([], [freeze()], default_open=True, when=at("2026-11-26T05:00Z"))) == (
        True,
        at("2026-11-26T05:00Z"),
        None,
    )
    assert times(ask([], [freeze()], default_open=True)) == (True, None, at("2026-11-23T23:00Z"))


def test_overlapping_freezes_are_both_listed_and_the_closed_window_as_well():
    second = freeze("2026-11-24T10:00:00", "2026-11-30T00:00:00", id="frz_2")
    found = ask([window()], [freeze(), second], when=at("2026-11-24T12:00Z"))
    assert codes(found) == ["freeze", "freeze", "outside_window"]
    assert [reason.object for reason in found.reasons] == ["freeze:frz_1", "freeze:frz_2", "environment:prod"]
    assert times(found) == (False, at("2026-12-02T21:00Z"), at("2026-12-02T22:00Z"))


def test_a_freeze_stops_only_its_actions():
    narrow = freeze(actions=("deploy", "test"))
    when = at("2026-11-24T12:00Z")
    assert not ask([ALWAYS], [narrow], when=when).open_now
    assert ask([ALWAYS], [narrow], when=when, action="rollback").open_now
    assert not ask([ALWAYS], [narrow], when=when, action="test").open_now


def test_a_freeze_in_the_middle_of_an_opening_cuts_it_in_two():
    night = window("FREQ=DAILY", "2026-11-01T20:00:00", 8 * 3600, "UTC")
    hour = freeze("2026-11-24T22:00:00", "2026-11-24T23:00:00", "UTC")
    assert times(ask([night], [hour], when=at("2026-11-24T21:00Z"))) == (
        True,
        at("2026-11-24T20:00Z"),
        at("2026-11-24T22:00Z"),
    )
    assert times(ask([night], [hour], when=at("2026-11-24T22:30Z"))) == (
        False,
        at("2026-11-24T23:00Z"),
        at("2026-11-25T04:00Z"),
    )
    assert times(ask([night], [hour], when=at("2026-11-25T01:00Z"))) == (
        True,
        at("2026-11-24T23:00Z"),
        at("2026-11-25T04:00Z"),
    )
    assert times(ask([night], [hour], when=at("2026-11-24T12:00Z"))) == (
        False,
        at("2026-11-24T20:00Z"),
        at("2026-11-24T22:00Z"),
    )


def test_windows_of_all_levels_are_united():
    organisation = window("FREQ=DAILY", "2026-01-01T02:00:00", 3600, "UTC", scope={})
    tier = window("FREQ=DAILY", "2026-01-01T03:00:00", 3600, "UTC", scope={"tier": "live"}, id="win_2")
    own = window(
        "FREQ=DAILY", "2026-01-01T10:00:00", 3600, "UTC", scope={"application": "payments"}, id="win_3"
    )
    everything = [organisation, tier, own]
    assert times(ask(everything, when=at("2026-11-23T00:00Z"), tier="live")) == (
        False,
        at("2026-11-23T02:00Z"),
        at("2026-11-23T04:00Z"),
    )
    assert times(ask(everything, when=at("2026-11-23T03:30Z"), tier="live")) == (
        True,
        at("2026-11-23T02:00Z"),
        at("2026-11-23T04:00Z"),
    )
    assert not ask(everything, when=at("2026-11-23T03:30Z")).open_now
    assert ask(everything, when=at("2026-11-23T10:30Z")).open_now
    assert not ask(everything, when=at("2026-11-23T10:30Z"), application="storefront").open_now
    assert not ask(everything, when=at("2026-11-23T10:30Z"), application=None).open_now


def test_a_scope_names_every_part_it_gives():
    place = Calendars((), (), "prod", True, "payments", "live")
    assert matches({}, place)
    assert matches({"environment": "prod", "application": "payments", "tier": "live"}, place)
    assert not matches({"environment": "prod", "application": "storefront"}, place)
    assert not matches({"colour": "blue"}, place)


def test_across_midnight_and_the_end_of_the_year():
    nightly = window("FREQ=DAILY", "2026-01-01T22:00:00", 8 * 3600)
    for day in range(365):
        base = datetime(2026, 12, 1, tzinfo=ZoneInfo("Europe/Berlin")) + timedelta(days=day)
        assert ask([nightly], when=base.replace(hour=23)).open_now
        # The night of the extra hour: eight hours have passed an hour earlier by the clock.
        last = 4 if base.date() == datetime(2027, 10, 31).date() else 5
        assert ask([nightly], when=base.replace(hour=last, minute=59)).open_now
        assert not ask([nightly], when=base.replace(hour=last + 1)).open_now
        assert not ask([nightly], when=base.replace(hour=21, minute=59)).open_now
    new_year = ask([nightly], when=at("2026-12-31T23:30Z"))
    assert times(new_year) == (True, at("2026-12-31T21:00Z"), at("2027-01-01T05:00Z"))


def test_touching_windows_of_two_rules_are_one_opening_through_weeks():
    week = window("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "2026-01-05T00:00:00", 86_400, "UTC")
    weekend = window("FREQ=WEEKLY;BYDAY=SA,SU", "2026-01-03T00:00:00", 86_400, "UTC", id="win_2")
    assert times(ask([week, weekend])) == (True, at("2026-01-03T00:00Z"), None)
    assert times(ask([week])) == (True, at("2026-11-23T00:00Z"), at("2026-11-28T00:00Z"))


def test_no_opening_in_ninety_days_is_said():
    yearly = window("FREQ=YEARLY", "2026-06-01T00:00:00", 3600, "UTC")
    found = ask([yearly])
    assert times(found) == (False, None, None)
    assert "does not open within 90 days" in found.reasons[0].text
    assert found.reasons[0].until is None
    assert ask([yearly], horizon_days=365).opens_at == at("2027-06-01T00:00Z")
    over = window("FREQ=DAILY;UNTIL=20260201", "2026-01-01T00:00:00", 3600, "UTC")
    assert times(ask([over])) == (False, None, None)


def test_a_freeze_beyond_the_horizon_leaves_no_opening():
    for_ever = freeze("2026-11-01T00:00:00", "2030-01-01T00:00:00")
    found = ask([ALWAYS], [for_ever])
    assert times(found) == (False, None, None)
    assert found.reasons[0].until == at("2029-12-31T23:00Z")


def test_a_window_nobody_can_read_opens_nothing_and_such_a_freeze_stops_everything():
    assert not ask([window(rrule="FREQ=NONSENSE")], default_open=True).open_now
    assert not ask([window(zone="Mars/Base")], default_open=True).open_now
    for broken in (
        freeze(zone="Mars/Base"),
        freeze(end="never"),
        freeze(end="", rrule="FREQ=NONSENSE", duration=60),
    ):
        found = ask([ALWAYS], [broken])
        assert times(found) == (False, None, None)
        assert codes(found) == ["freeze"]
        assert found.reasons[0].until is None


def test_a_dated_freeze_ends_by_the_clock_and_at_the_later_of_two_equal_times():
    repeated = freeze("2026-10-24T00:00:00", "2026-10-25T02:30:00")
    assert not ask([ALWAYS], [repeated], when=at("2026-10-25T01:29:59Z")).open_now
    assert ask([ALWAYS], [repeated], when=at("2026-10-25T01:30Z")).open_now
    skipped = freeze("2026-03-28T00:00:00", "2026-03-29T02:30:00")
    assert not ask([ALWAYS], [skipped], when=at("2026-03-29T00:59:59Z")).open_now
    assert ask([ALWAYS], [skipped], when=at("2026-03-29T01:00Z")).open_now


def test_the_verdict_is_allow_until_the_end_or_wait_until_the_opening_and_never_deny():
    place = Calendars([window()], [], "prod", False, "payments")
    assert opening(place, at("2026-11-25T21:30Z")) == Allow((), at("2026-11-25T22:00Z"))
    waiting = opening(place, MONDAY, "America/New_York")
    assert isinstance(waiting, Wait)
    assert waiting.until == at("2026-11-25T21:00Z")
    assert (
        "22:00 (Europe/Berlin), that is Wednesday 25 November 2026 16:00 (America/New_York)"
        in waiting.reasons[0].text
    )
    assert opening(Calendars([], [], "prod", True), MONDAY) == Allow((), None)
    assert not is_open(place, MONDAY)
    assert is_open(place, at("2026-11-25T21:30Z"))


def test_an_instant_without_an_offset_is_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="aware"):
        ask([ALWAYS], when=datetime(2026, 1, 1))


def test_the_wire_form():
    assert ask([window()], when=at("2026-11-25T21:30Z")).as_dict() == {
        "open_now": True,
        "opens_at": "2026-11-25T21:00:00Z",
        "closes_at": "2026-11-25T22:00:00Z",
        "reasons": [],
    }
    closed = ask().as_dict()
    assert (closed["opens_at"], closed["closes_at"]) == (None, None)
    assert closed["reasons"][0]["code"] == "outside_window"
