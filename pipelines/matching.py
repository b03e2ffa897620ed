"""Slots filled by distinct people: maximum bipartite matching, and the proof when there is none.

Kuhn's augmenting paths over slots with capacities (H. W. Kuhn 1955); the failing set is a violator of Hall's
condition (P. Hall 1935). Deterministic: the same votes in the same order give the same assignment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

_EXACT_GROUPS = 12  # up to here the smallest failing set is found by trying all; beyond, by shrinking one


@dataclass(frozen=True)
class Slot:
    """`count` distinct people of `group`."""

    group: str
    count: int

    def __post_init__(self):
        if not isinstance(self.count, int) or isinstance(self.count, bool) or self.count < 1:
            raise ValueError("a slot's count is a whole number from 1")


@dataclass(frozen=True)
class Assignment:
    """`filled`: slot index → the people in it, in the order of their votes; `missing`: what is open."""

    filled: dict[int, list[str]]
    complete: bool
    missing: list[Slot]

    def slot_of(self, person: str) -> int | None:
        """The index of the slot that the person fills, or None."""
        return next((index for index, people in self.filled.items() if person in people), None)


def slots_of(rows: Iterable[Mapping]) -> list[Slot]:
    """Slots from their wire form [{"group", "count"}]. Raises ValueError on a count below 1, KeyError."""
    return [Slot(row["group"], row["count"]) for row in rows]


def assign(slots: Sequence[Slot], votes: Iterable[tuple[str, frozenset[str]]]) -> Assignment:
    """Fill the slots with as many voters as possible, each person in one slot, earlier votes preferred.

    `votes`: (person, groups) as they were cast; a second vote of a person is not looked at. Who
    fills a slot once keeps one (perhaps another) whatever votes follow: votes are taken one by one, and each
    is only ever added by moving others, never by dropping them.
    """
    filled: dict[int, list[str]] = {index: [] for index in range(len(slots))}
    groups: dict[str, frozenset[str]] = {}
    for person, member_of in votes:
        if person not in groups:
            groups[person] = frozenset(member_of)
            _seat(person, slots, groups, filled, set())
    order = {person: position for position, person in enumerate(groups)}
    for people in filled.values():
        people.sort(key=order.__getitem__)
    missing = [
        Slot(slot.group, slot.count - len(filled[i]))
        for i, slot in enumerate(slots)
        if len(filled[i]) < slot.count
    ]
    return Assignment(filled, not missing, missing)


def _seat(
    person: str, slots: Sequence[Slot], groups: Mapping, filled: dict[int, list[str]], tried: set[int]
) -> bool:
    """One augmenting path. A slot is tried once per path, so the depth is at most the number of slots."""
    fitting = [i for i, slot in enumerate(slots) if slot.group in groups[person] and i not in tried]
    for index in fitting:
        if len(filled[index]) < slots[index].count:
            filled[index].append(person)
            return True
    for index in fitting:
        if index in tried:
            continue
        tried.add(index)
        for occupant in list(filled[index]):
            if _seat(occupant, slots, groups, filled, tried):
                filled[index].remove(occupant)
                filled[index].append(person)
                return True
    return False


def satisfiable(slots: Sequence[Slot], eligible: Mapping[str, Iterable[str]]) -> list[str] | None:
    """None if distinct people of `eligible` {person: groups} can fill all slots, else a smallest failing set.

    A failing set is a list of groups that together have fewer people than their slots ask for. "Smallest" is
    exact up to 12 distinct groups; beyond that no group can be left out of what is returned.
    """
    people = {person: frozenset(groups) for person, groups in eligible.items()}
    if assign(slots, people.items()).complete:
        return None
    wanted: dict[str, int] = {}
    for slot in slots:
        wanted[slot.group] = wanted.get(slot.group, 0) + slot.count
    members = {group: {person for person, groups in people.items() if group in groups} for group in wanted}
    if len(wanted) > _EXACT_GROUPS:
        return _shrunk(list(wanted), wanted, members)
    subsets = (subset for size in range(1, len(wanted) + 1) for subset in combinations(wanted, size))
    return list(next(subset for subset in subsets if _fails(subset, wanted, members)))


def _fails(groups: Iterable[str], wanted: Mapping[str, int], members: Mapping[str, set]) -> bool:
    groups = list(groups)
    return len(set().union(*(members[group] for group in groups))) < sum(wanted[group] for group in groups)


def _shrunk(groups: list[str], wanted: Mapping[str, int], members: Mapping[str, set]) -> list[str]:
    """Leave out one group after the other as long as the rest cannot be filled together."""
    kept = list(groups)
    for group in groups:
        rest = [other for other in kept if other != group]
        people = {}
        for other in rest:
            for person in members[other]:
                people.setdefault(person, set()).add(other)
        slots = [Slot(other, wanted[other]) for other in rest]
        if not assign(slots, ((person, frozenset(people[person])) for person in sorted(people))).complete:
            kept = rest
    return kept


def would_help(
    slots: Sequence[Slot], votes: Sequence[tuple[str, frozenset[str]]], eligible: Mapping[str, Iterable[str]]
) -> list[str]:
    """The people of `eligible` without a vote whose approval would fill one more place, sorted by name."""
    voted = {person for person, _ in votes}
    before = _filled_places(assign(slots, votes))
    return [
        person
        for person in sorted(eligible)
        if person not in voted
        and _filled_places(assign(slots, [*votes, (person, frozenset(eligible[person]))])) > before
    ]


def _filled_places(assignment: Assignment) -> int:
    return sum(len(people) for people in assignment.filled.values())
