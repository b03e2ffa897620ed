"""Which requests wait for this person: their approval would fill an open key, and nothing keeps them out."""

from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet, TextField
from django.db.models.functions import Cast as AsType

from approvals.models import ApprovalRequest, Vote
from approvals.picture import related
from approvals.positions import groups_now
from approvals.rules import excluded_by
from approvals.states import ApprovalState, Decision
from kernel.actor import Actor
from pipelines.matching import slots_of, would_help
from teams.rules import holds

# A satisfied request waits for time, not for people.
WAITS_FOR_PEOPLE = (ApprovalState.OPEN, ApprovalState.VOID)
MOST = 80  # open requests that one look reads, the soonest to lapse first; what is beyond is said, not shown

# Person id, decision, groups, and in whose place (a person id, or None): of a vote that stands.
Cast = tuple[str, str, frozenset[str], str | None]


def could_turn_a_key(
    actor: Actor, gate: dict, relations: list[dict], votes: Iterable[Cast], at: datetime
) -> bool:
    """True if a vote of `actor` would count now. Pure. The POST decides again, with everything it knows."""
    if not actor.is_human or any(person == actor.person_id for person, *_ in votes):
        return False
    slots = slots_of(gate["slots"])
    heads = frozenset(head for person, _, _, behalf in votes for head in (person, behalf) if head)
    groups = groups_now(actor, gate, relations, heads, at)
    if not groups & {slot.group for slot in slots}:
        return False
    barred = excluded_by(related(relations), gate["exclude"], person=actor.person_id, emails=actor.emails)
    if barred is not None:
        return False
    cast = [(person, theirs) for person, decision, theirs, _ in votes if decision == Decision.APPROVE]
    return bool(would_help(slots, cast, {actor.person_id: groups}))


def in_a_place_no_more(person: str) -> Cast:
    """A vote whose place was lent and is lent no more: its voter has voted, and it fills and bars nothing."""
    return (person, "lapsed", frozenset(), None)


def names_a_group_of(actor: Actor, rows: QuerySet, gate: str = "gate") -> tuple[QuerySet, Q]:
    """(`rows` with the gate as text, a condition): of the rows whose slots are of none of the actor's groups, lent ones
    too, it lets hardly any through; which of the others are meant, could_turn_a_key() says."""
    wanted = Q(pk__in=())
    for group in sorted(actor.groups | {one.group for one in actor.stands_in}):
        wanted |= Q(gate_text__contains=f'"{group}"')
    return rows.annotate(gate_text=AsType(gate, TextField())), wanted


def count_waiting(actor: Actor, at: datetime, names: Callable[[], frozenset[str] | None]) -> int:
    """How many of the MOST + 1 that lapse soonest wait for the actor: above MOST means more than that. One query, none
    for somebody in no group. `names` is asked only then: who may see which application."""
    if not actor.is_human or not (actor.groups or actor.stands_in):
        return 0
    rows = ApprovalRequest.objects.filter(state__in=WAITS_FOR_PEOPLE)
    rows = rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
    visible = names()
    if visible is not None:
        rows = rows.filter(release__application__in=visible)
    rows, mine = names_a_group_of(actor, rows)
    own = Vote.objects.filter(
        request=OuterRef("pk"), person=actor.person_id, void=False, withdrawn_at__isnull=True
    )
    first = rows.filter(mine).exclude(Exists(own)).order_by("expires_at", "id").values("pk")[: MOST + 1]
    rows = ApprovalRequest.objects.filter(pk__in=first)
    votes = ("votes__person_id", "votes__decision", "votes__groups", "votes__void", "votes__withdrawn_at")
    lent = ("principal_id", "since", "until", "ended_at")
    votes += tuple(f"votes__delegation__{name}" for name in lent)
    found: dict[str, tuple] = {}
    for key, gate, relations, person, decision, groups, void, withdrawn, *place in rows.values_list(
        "pk", "gate", "relations", *votes
    ):
        cast = found.setdefault(key, (gate, relations, []))[2]
        if person and not void and withdrawn is None:
            behalf, since, until, ended = place
            counts = behalf is None or holds(since, until, ended, at)
            vote = (person, decision, frozenset(groups), behalf)
            cast.append(vote if counts else in_a_place_no_more(person))
    return sum(could_turn_a_key(actor, *row, at) for row in found.values())
