"""Which place may be delegated to whom, from when until when (C13)."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.rules import LONGEST, StandIn, wrong_people, wrong_times

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY, TICK = timedelta(days=1), timedelta(microseconds=1)


def lent(principal: str, delegate: str, first: int = 0, days: int = 7) -> StandIn:
    begins = NOW + first * DAY
    return StandIn("dlg_1", "keys", principal, delegate, begins, begins + days * DAY)


def code(principal: str, delegate: str, *others: StandIn, first: int = 0, days: int = 7) -> str | None:
    begins = NOW + first * DAY
    found = wrong_people(principal, delegate, begins, begins + days * DAY, others)
    return found and found.code


def test_it_holds_from_its_first_instant_up_to_its_last_without_it():
    one = lent("xena", "yves")
    assert [one.live(one.since - TICK), one.live(one.since)] == [False, True]
    assert [one.live(one.until - TICK), one.live(one.until)] == [True, False]


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        (NOW, NOW + DAY, None),
        (NOW, NOW + LONGEST, None),
        (NOW + 3 * DAY, NOW + 4 * DAY, None),
        (NOW, NOW, "until_in_the_past"),
        (NOW - DAY, NOW - TICK, "until_in_the_past"),
        (NOW + DAY, NOW + DAY, "period_invalid"),
        (NOW + 2 * DAY, NOW + DAY, "period_invalid"),
        (NOW, NOW + LONGEST + TICK, "until_too_late"),
        (NOW + 89 * DAY, NOW + 95 * DAY, "until_too_late"),
    ],
)
def test_it_has_an_end_within_ninety_days(since, until, expected):
    found = wrong_times(since, until, NOW)
    assert (found and found.code) == expected
    assert found is None or (found.pointer, found.status) == ("/until", 422)


def test_a_place_is_lent_to_another_person():
    assert code("xena", "yves") is None
    assert code("xena", "xena") == "delegation_self"


def test_what_was_lent_goes_no_further():
    assert code("yves", "zoe", lent("xena", "yves")) == "delegation_chain"
    assert code("wim", "xena", lent("xena", "yves")) == "delegation_chain"


def test_two_people_do_not_stand_in_for_each_other():
    assert code("yves", "xena", lent("xena", "yves")) == "delegation_loop"


def test_a_place_is_lent_to_one_person_at_a_time():
    found = wrong_people("xena", "zoe", NOW, NOW + DAY, [lent("xena", "yves")])
    assert (found.code, found.status) == ("delegation_overlaps", 409)
    assert code("xena", "yves", lent("xena", "yves")) == "delegation_overlaps"


@pytest.mark.parametrize("pair", [("xena", "zoe"), ("yves", "xena"), ("yves", "zoe"), ("wim", "xena")])
def test_another_time_is_another_matter(pair):
    earlier = lent("xena", "yves", first=0, days=7)
    assert code(*pair, earlier, first=7) is None
    assert code(*pair, earlier, first=6) is not None


def test_one_person_may_stand_in_for_several():
    assert code("xena", "yves", lent("wim", "yves")) is None


PEOPLE = st.sampled_from("abcde")


@given(st.lists(st.tuples(PEOPLE, PEOPLE, st.integers(0, 10), st.integers(1, 5)), max_size=20))
def test_whatever_is_asked_for_nobody_gives_on_what_they_were_given(asked):
    """At no time is anybody principal and delegate at once: so there is no chain of two, and no loop of any length."""
    kept: list[StandIn] = []
    for principal, delegate, first, days in asked:
        if code(principal, delegate, *kept, first=first, days=days) is None:
            kept.append(lent(principal, delegate, first, days))
    for day in range(16):
        at = NOW + day * DAY
        now = [one for one in kept if one.live(at)]
        givers = [one.principal for one in now]
        assert len(givers) == len(set(givers))
        assert not set(givers) & {one.delegate for one in now}
