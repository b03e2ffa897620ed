"""Which requests wait for this person: their approval would fill an open key, and nothing keeps them out."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Q

from approvals.models import ApprovalRequest
from approvals.picture import related
from approvals.rules import excluded_by
from approvals.states import ApprovalState, Decision
from kernel.actor import Actor
from pipelines.matching import slots_of, would_help

# A satisfied request waits for time, not for people.
WAITS_FOR_PEOPLE = (ApprovalState.OPEN, ApprovalState.VOID)

Cast = tuple[str, str, frozenset[str]]  # person id, decision, groups: of a vote that stands


def could_turn_a_key(actor: Actor, gate: dict, relations: list[dict], votes: Iterable[Cast]) -> bool:
    """True if a vote of `actor` would count now. Pure. The POST decides again, with everything it knows."""
    if not actor.is_human or any(person == actor.person_id for person, *_ in votes):
        return False
    slots = slots_of(gate["slots"])
    if not actor.groups & {slot.group for slot in slots}:
        return False
    barred = excluded_by(related(relations), gate["exclude"], person=actor.person_id, emails=actor.emails)
    if barred is not None:
        return False
    cast = [(person, groups) for person, decision, groups in votes if decision == Decision.APPROVE]
    return bool(would_help(slots, cast, {actor.person_id: actor.groups}))


def count_waiting(actor: Actor, at: datetime, names: Callable[[], frozenset[str] | None]) -> int:
    """One query, none for somebody in no group. `names` is asked only then: who may see which application."""
    if not actor.is_human or not actor.groups:
        return 0
    rows = ApprovalRequest.objects.filter(state__in=WAITS_FOR_PEOPLE)
    rows = rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
    visible = names()
    if visible is not None:
        rows = rows.filter(release__application__in=visible)
    votes = ("votes__person_id", "votes__decision", "votes__groups", "votes__void", "votes__withdrawn_at")
    found: dict[str, tuple] = {}
    for key, gate, relations, person, decision, groups, void, withdrawn in rows.values_list(
        "pk", "gate", "relations", *votes
    ):
        cast = found.setdefault(key, (gate, relations, []))[2]
        if person and not void and withdrawn is None:
            cast.append((person, decision, frozenset(groups)))
    return sum(could_turn_a_key(actor, *row) for row in found.values())
