"""In whose place a vote is cast, and that it never counts anybody twice nor anybody who is kept out (C13)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.lent_places import Place, choose, open_groups, places
from pipelines.matching import Slot
from teams.rules import StandIn

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
RM, OWNERS = "release-managers", "payments-owners"
SLOTS = [Slot(RM, 1), Slot(OWNERS, 1)]
NOBODY = frozenset()


def lent(principal: str, group: str, number: int = 1, since: datetime = NOW - DAY) -> StandIn:
    return StandIn(f"dlg_{number}", group, principal, "me", since, since + 2 * DAY, principal)


def chosen(own=(), stands_in=(), cast=(), unusable=NOBODY) -> tuple[frozenset, str | None]:
    place = choose("me", places(own, stands_in, NOW), SLOTS, list(cast), unusable)
    return place.groups, place.stand_in and place.stand_in.principal


def test_ones_own_place_comes_first_and_then_the_oldest_that_was_lent():
    rows = [lent("wim", OWNERS, 2), lent("xena", OWNERS, 1)]
    found = places({RM}, rows, NOW)
    assert [place.stand_in and place.stand_in.principal for place in found] == [None, "xena", "wim"]
    assert [place.groups for place in found] == [{RM}, {OWNERS}, {OWNERS}]


def test_what_does_not_hold_now_is_no_place():
    rows = [lent("xena", OWNERS, since=NOW + DAY), lent("wim", OWNERS, since=NOW - 2 * DAY)]
    assert places((), rows, NOW) == [Place(frozenset())]


def test_whoever_has_a_key_of_their_own_votes_with_it():
    assert chosen({RM}, [lent("xena", OWNERS)]) == ({RM}, None)


def test_where_ones_own_key_is_turned_the_lent_one_helps():
    assert chosen({RM}, [lent("xena", OWNERS)], [("rita", frozenset({RM}))]) == ({OWNERS}, "xena")


def test_where_nothing_helps_it_is_ones_own_word():
    cast = [("rita", frozenset({RM})), ("omar", frozenset({OWNERS}))]
    assert chosen({RM}, [lent("xena", OWNERS)], cast) == ({RM}, None)


def test_of_two_the_one_whose_principal_may_is_taken():
    rows = [lent("xena", OWNERS, 1), lent("wim", OWNERS, 2)]
    assert chosen((), rows) == ({OWNERS}, "xena")
    assert chosen((), rows, unusable=frozenset({"xena"})) == ({OWNERS}, "wim")


def test_where_none_may_the_first_is_named_so_that_the_refusal_says_why():
    assert chosen((), [lent("xena", OWNERS)], unusable=frozenset({"xena"})) == ({OWNERS}, "xena")


def test_a_place_that_nobody_asks_for_is_not_used():
    assert chosen({"others"}, [lent("xena", "others")]) == ({"others"}, None)


def test_who_is_represented_has_no_place_of_their_own_left():
    found = places({RM}, [lent("xena", OWNERS)], NOW)
    assert open_groups(found, represented=False, unusable=NOBODY) == {RM, OWNERS}
    assert open_groups(found, represented=True, unusable=NOBODY) == {OWNERS}
    assert open_groups(found, represented=False, unusable=frozenset({"xena"})) == {RM}
    assert open_groups(found, represented=True, unusable=frozenset({"xena"})) == NOBODY


PEOPLE = st.sampled_from(["wim", "xena", "yves"])
GROUPS = st.sampled_from([RM, OWNERS, "others"])


@settings(max_examples=300)
@given(
    own=st.sets(GROUPS),
    rows=st.lists(st.tuples(PEOPLE, GROUPS), max_size=5),
    unusable=st.sets(PEOPLE),
    cast=st.lists(st.tuples(st.sampled_from(["rita", "omar"]), st.frozensets(GROUPS)), max_size=2),
)
def test_a_place_of_somebody_kept_out_is_chosen_only_where_there_is_no_other(own, rows, unusable, cast):
    stands_in = [lent(who, group, number) for number, (who, group) in enumerate(rows)]
    groups, principal = chosen(own, stands_in, cast, frozenset(unusable))
    asked = {RM, OWNERS}
    usable = bool(own & asked) or any(who not in unusable and group in asked for who, group in rows)
    if usable:
        assert principal not in unusable, "it would be refused though another place would do"
    assert groups in ([own] if principal is None else [{group} for who, group in rows if who == principal])
