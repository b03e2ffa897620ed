"""In whose place may this person vote, and in which does their vote help. Pure (requirement C13)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.matching import Slot, would_help
from teams.rules import StandIn


@dataclass(frozen=True)
class Place:
    """Groups one vote may count for: the person's own, or one that somebody delegated."""

    groups: frozenset[str]
    stand_in: StandIn | None = None


def places(own: Iterable[str], stands_in: Iterable[StandIn], at: datetime) -> list[Place]:
    """The person's own place first, then those delegated to them that hold at `at`, oldest first."""
    lent = sorted((one for one in stands_in if one.live(at)), key=lambda one: one.delegation)
    return [Place(frozenset(own)), *(Place(frozenset({one.group}), one) for one in lent)]


def choose(
    person: str,
    found: Sequence[Place],
    slots: Sequence[Slot],
    cast: Sequence[tuple[str, frozenset[str]]],
    unusable: Mapping[str, object] | frozenset[str],
) -> Place:
    """The place a vote of `person` is cast in: the first that fills an open key, else the first that is asked at all.

    `cast`: (person, groups) of the approvals that stand; `unusable`: principals who are kept out or counted already.
    Their places come last: a vote in one is refused, and the refusal says why. One's own place is never among these.
    """
    wanted = {slot.group for slot in slots}
    asked = [place for place in found if place.groups & wanted]
    free = [p for p in asked if p.stand_in is None or p.stand_in.principal not in unusable]
    helpful = (place for place in free if would_help(slots, cast, {person: place.groups}))
    return next(helpful, None) or next(iter(free), None) or next(iter(asked), None) or found[0]


def open_groups(found: Sequence[Place], *, represented: bool, unusable: frozenset[str]) -> frozenset[str]:
    """All groups for which a vote could count: not one's own where somebody voted in one's place."""
    usable = [
        place.groups
        for place in found
        if (not represented if place.stand_in is None else place.stand_in.principal not in unusable)
    ]
    return frozenset().union(*usable)
