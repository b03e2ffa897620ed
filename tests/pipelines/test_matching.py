import os
import random
import time
from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.matching import Slot, assign, satisfiable, slots_of, would_help

CASES = int(os.environ.get("RG_MATCHING_CASES", "20000"))
PROD = [Slot("release-managers", 1), Slot("payments-owners", 1)]
RITA = ("rita", frozenset({"release-managers"}))
OMAR = ("omar", frozenset({"payments-owners", "web-owners"}))
ROSA = ("rosa", frozenset({"release-managers", "payments-owners"}))
DANA = ("dana", frozenset({"developers"}))


def test_two_people_of_two_groups_fill_two_slots():
    made = assign(PROD, [RITA, OMAR])
    assert made.filled == {0: ["rita"], 1: ["omar"]}
    assert made.complete
    assert made.missing == []
    assert (made.slot_of("rita"), made.slot_of("omar"), made.slot_of("dana")) == (0, 1, None)


def test_one_person_in_both_groups_fills_one_slot_only():
    made = assign(PROD, [ROSA])
    assert made.filled == {0: ["rosa"], 1: []}
    assert not made.complete
    assert made.missing == [Slot("payments-owners", 1)]


@pytest.mark.parametrize("other", [RITA, OMAR])
@pytest.mark.parametrize("rosa_first", [True, False])
def test_a_person_in_both_groups_takes_the_slot_the_other_cannot(other, rosa_first):
    made = assign(PROD, [ROSA, other] if rosa_first else [other, ROSA])
    assert made.complete
    assert made.slot_of(other[0]) == (0 if other is RITA else 1)


def test_the_same_person_voting_twice_fills_one_slot():
    made = assign([Slot("a", 2)], [("x", frozenset("a")), ("x", frozenset("a"))])
    assert made.filled == {0: ["x"]}
    assert made.missing == [Slot("a", 1)]


def test_a_stranger_fills_nothing():
    made = assign(PROD, [DANA])
    assert made.filled == {0: [], 1: []}
    assert made.missing == PROD


def test_no_slots_are_complete_and_no_votes_are_not():
    assert assign([], [RITA]).complete
    assert not assign(PROD, []).complete


def test_a_surplus_voter_displaces_nobody():
    made = assign([Slot("a", 1)], [("first", frozenset("a")), ("second", frozenset("a"))])
    assert made.filled == {0: ["first"]}


def test_a_chain_of_moves_makes_room():
    slots = [Slot("a", 1), Slot("b", 1), Slot("c", 1)]
    votes = [("1", frozenset("ab")), ("2", frozenset("bc")), ("3", frozenset("a"))]
    assert assign(slots, votes).filled == {0: ["3"], 1: ["1"], 2: ["2"]}


def test_people_in_a_slot_stand_in_the_order_of_their_votes():
    votes = [("z", frozenset("a")), ("m", frozenset("ab")), ("b", frozenset("a"))]
    assert assign([Slot("a", 3), Slot("b", 1)], votes).filled == {0: ["z", "m", "b"], 1: []}


@pytest.mark.parametrize("count", [0, -1, True, 1.0, "1", None])
def test_a_slot_for_nobody_is_refused(count):
    with pytest.raises(ValueError, match="count"):
        Slot("a", count)


def test_slots_come_from_their_wire_form():
    assert slots_of([{"group": "a", "count": 2}]) == [Slot("a", 2)]
    with pytest.raises(KeyError):
        slots_of([{"group": "a"}])


def test_a_gate_that_can_be_filled_has_no_failing_set():
    assert satisfiable(PROD, {"rita": ["release-managers"], "omar": ["payments-owners"]}) is None
    assert satisfiable([], {}) is None


def test_an_empty_group_is_the_smallest_failing_set():
    assert satisfiable(PROD, {"rita": ["release-managers"], "dana": []}) == ["payments-owners"]


def test_one_person_for_two_slots_fails_by_both_groups_together():
    assert satisfiable(PROD, {"rosa": ["release-managers", "payments-owners"]}) == [
        "release-managers",
        "payments-owners",
    ]


def test_the_same_group_in_two_slots_is_counted_together():
    assert satisfiable([Slot("a", 1), Slot("a", 1)], {"x": ["a"]}) == ["a"]
    assert satisfiable([Slot("a", 1), Slot("a", 1)], {"x": ["a"], "y": ["a"]}) is None


def test_a_failing_set_among_many_groups_cannot_be_made_smaller():
    names = [f"g{n:02}" for n in range(20)]
    people = {f"p{n}": [name] for n, name in enumerate(names)}
    people["p3"] = ["g03", "g07"]
    del people["p7"]
    assert sorted(satisfiable([Slot(name, 1) for name in names], people)) == ["g03", "g07"]


def test_a_hundred_seats_and_a_thousand_people_do_not_exhaust_the_stack():
    slots = [Slot(f"g{n}", 10) for n in range(60)]
    votes = [(f"p{n}", frozenset({f"g{n % 60}", f"g{(n + 1) % 60}"})) for n in range(1000)]
    assert assign(slots, votes).complete


def test_whose_vote_would_help_is_known():
    eligible = {
        "rita": ["release-managers"],
        "omar": ["payments-owners"],
        "dana": ["developers"],
        "rosa": list(ROSA[1]),
    }
    assert would_help(PROD, [], eligible) == ["omar", "rita", "rosa"]
    assert would_help(PROD, [RITA], eligible) == ["omar", "rosa"]
    assert would_help(PROD, [ROSA], eligible) == ["omar", "rita"]
    assert would_help(PROD, [RITA, OMAR], eligible) == []


def brute_force(slots, votes) -> int:
    """The most seats that distinct people can take, by trying every order of people."""
    seats = [slot.group for slot in slots for _ in range(slot.count)]
    people = dict(votes)
    best = 0
    for size in range(min(len(seats), len(people)), 0, -1):
        for chosen in combinations(seats, size):
            if any(
                all(group in people[person] for group, person in zip(chosen, order, strict=True))
                for order in permutations(people, size)
            ):
                return size
    return best


def hall_smallest(slots, eligible):
    """The size of the smallest set of groups that fails Hall's condition, or None."""
    wanted = {}
    for slot in slots:
        wanted[slot.group] = wanted.get(slot.group, 0) + slot.count
    for size in range(1, len(wanted) + 1):
        for subset in combinations(wanted, size):
            people = {person for person, groups in eligible.items() if set(groups) & set(subset)}
            if len(people) < sum(wanted[group] for group in subset):
                return size
    return None


def check(slots, votes):
    made = assign(slots, votes)
    people = [person for filled in made.filled.values() for person in filled]
    groups = dict(votes)
    assert len(people) == len(set(people))
    for index, filled in made.filled.items():
        assert len(filled) <= slots[index].count
        assert all(slots[index].group in groups[person] for person in filled)
    assert len(people) == brute_force(slots, votes)
    assert made.complete == (len(people) == sum(slot.count for slot in slots))
    assert sum(slot.count for slot in made.missing) == sum(slot.count for slot in slots) - len(people)
    assert assign(slots, votes) == made
    failing, size = satisfiable(slots, groups), hall_smallest(slots, groups)
    assert (failing is None) == made.complete == (size is None)
    assert failing is None or len(failing) == size


def random_case(rng):
    names = "abcd"[: rng.randint(1, 4)]
    slots = [Slot(rng.choice(names), rng.randint(1, 2)) for _ in range(rng.randint(0, 3))]
    votes = [
        (f"p{n}", frozenset(name for name in names if rng.random() < 0.45)) for n in range(rng.randint(0, 4))
    ]
    return slots, votes


@pytest.mark.timeout(3600)
def test_seeded_cases_agree_with_trying_everything_in_whatever_order_the_votes_came():
    rng, began = random.Random(20261123), time.monotonic()
    complete = 0
    for _ in range(CASES):
        slots, votes = random_case(rng)
        check(slots, votes)
        made = assign(slots, votes)
        again = assign(slots, rng.sample(votes, len(votes)))
        assert sum(map(len, again.filled.values())) == sum(map(len, made.filled.values()))
        assert again.complete == made.complete
        complete += made.complete
    took = time.monotonic() - began
    print(f"{CASES} random cases agree with trying everything, {complete} of them complete, in {took:.0f} s")
    assert CASES * 0.1 < complete < CASES * 0.9  # the cases are neither all easy nor all hopeless


@given(st.randoms(use_true_random=False), st.data())
def test_later_votes_never_take_a_place_from_earlier_ones(rng, data):
    slots, votes = random_case(rng)
    keep = data.draw(st.integers(0, len(votes)))
    before = {person for filled in assign(slots, votes[:keep]).filled.values() for person in filled}
    after = {person for filled in assign(slots, votes).filled.values() for person in filled}
    assert before <= after
