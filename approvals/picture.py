"""One reading of a request for people: its votes that count, who may fill what now, who is kept out. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from approvals.models import ApprovalRequest
from approvals.proofs import unproven
from approvals.rules import CastVote, GateState, Relation, excluded_by, gate_state
from approvals.states import Decision
from kernel.clock import now
from kernel.permissions import only_audits
from pipelines.matching import Slot, slots_of
from teams.humans import Humans
from teams.models import Person
from teams.places import places_in
from teams.queries import humans_among
from teams.rules import StandIn


def related(rows: list[dict]) -> tuple[Relation, ...]:
    return tuple(Relation(row["relation"], row.get("person"), row.get("email")) for row in rows)


def standing_votes(request: ApprovalRequest) -> list:
    """Votes that are neither void nor withdrawn, in the order they were cast, with their people."""
    rows = request.votes.filter(void=False, withdrawn_at=None).select_related(
        "person", "delegation__principal"
    )
    return list(rows.order_by("at", "id"))


@dataclass(frozen=True)
class Picture:
    """One reading of a request: its votes, who may fill what now, who is kept out.

    `votes` are the proven ones; `unproven`: {vote id: why it does not count}, see approvals.proofs.
    `humans`: whose accounts are one human's, who counts once.
    """

    state: GateState
    slots: list[Slot]
    votes: list
    unproven: dict
    humans: Humans
    people: dict  # person id → Person, of everybody who voted or may
    eligible: dict  # person id → groups, without those kept out
    excluded: frozenset[str]
    members: dict[str, list[str]]  # group of a slot → usernames in it now, those kept out among them

    @property
    def counting(self) -> list:
        """The approvals that count at this reading: proven, and whose person still has the place it was cast in."""
        approvals = (vote for vote in self.votes if vote.decision == Decision.APPROVE)
        return [vote for vote in approvals if vote.person_id not in self.state.lost]


def look(request: ApprovalRequest, at: datetime | None = None, *, own: str | None = None) -> Picture:
    """At most five queries: votes, their events and passkeys, members of the slots' groups and who stands in for them
    at `at` (None: now, which is asked for), who is one human; a sixth where somebody voted in another's place.

    `own`: the vote that is being cast in this transaction, whose event comes after this.
    """
    slots = slots_of(request.gate["slots"])
    standing = standing_votes(request)
    wrong = unproven(request, standing, own=own)
    members, stand_ins = places_in([slot.group for slot in slots], at or now())
    people = {person.pk: person for group in members.values() for person in group} | {
        v.person_id: v.person for v in standing
    }
    for one in stand_ins:
        people.setdefault(one.delegate, Person(pk=one.delegate, username=one.delegate_name))
    heads = {head for vote in standing for head in vote.heads}
    humans = humans_of(request.relations, {*people, *heads})
    out = excluded_people(request.relations, request.gate["exclude"], {*people, *heads}, humans)
    theirs = _own_groups(members)
    lent = {one.delegation: one for one in stand_ins if one.principal not in out}
    first = _doubles(standing, humans, wrong, lent)
    eligible = _eligible(people, out, theirs, lent, [v for v in standing if v.pk not in wrong], first, humans)
    votes = [vote for vote in standing if vote.pk not in wrong]
    cast = [CastVote(v.person_id, v.decision, frozenset(v.groups)) for v in votes]
    state = gate_state(slots, cast, eligible, out)
    named = {group: sorted(person.username for person in persons) for group, persons in members.items()}
    return Picture(state, slots, votes, wrong, humans, people, eligible, out, named)


def _own_groups(members: dict[str, list[Person]]) -> dict[str, set[str]]:
    groups: dict[str, set] = {}
    for group, persons in members.items():
        for person in persons:
            groups.setdefault(person.pk, set()).add(group)
    return groups


def _eligible(people, out, own, lent, standing, first, humans) -> dict[str, frozenset[str]]:
    """{person: groups they may fill a key of}. Whoever voted: in the place they voted in. All others: in their own,
    unless somebody fills it for them, and in those lent to them whose principal is not counted yet."""
    voted = {vote.person_id: vote for vote in standing if vote.decision == Decision.APPROVE}
    found = {}
    for pk, person in people.items():
        if (
            pk in out
            or not person.is_active
            or only_audits(person.roles)
            or first.get(humans.of(pk), pk) != pk
        ):
            continue
        vote, groups = voted.get(pk), set()
        if vote is None or not vote.delegation_id:
            groups |= own.get(pk, set())
        if vote is None:
            groups |= {
                o.group for o in lent.values() if o.delegate == pk and humans.of(o.principal) not in first
            }
        elif _lent_still(vote, lent):
            groups.add(lent[vote.delegation_id].group)
        if groups:
            found[pk] = frozenset(groups)
    return found


def look_once(request: ApprovalRequest, at: datetime | None = None) -> Picture:
    """For whoever asks decide() about it, too: people() takes what was seen here. Never where a vote is written, and
    not from before the transaction that starts."""
    request.looked = look(request, at)
    return request.looked


def _lent_still(vote, lent: dict[str, StandIn]) -> bool:
    """By the very delegation it was cast by: a later one of the same two people brings no vote back (ADR 0021)."""
    one = lent.get(vote.delegation_id)
    return one is not None and (one.delegate, one.principal) == vote.heads and one.group in vote.groups


def _doubles(
    standing: list, humans: Humans, wrong: dict[str, str], lent: dict[str, StandIn]
) -> dict[str, str]:
    """{human: the account whose approval counts for them}; a later approval that would count a human twice, as its
    voter or as the one whose place it fills, goes into `wrong`. One in a place lent no more counts nobody."""
    first: dict[str, str] = {}
    for vote in standing:
        if vote.decision != Decision.APPROVE or vote.pk in wrong:
            continue
        if vote.delegation_id and not _lent_still(vote, lent):
            continue
        heads = {humans.of(head) for head in vote.heads}
        if any(head in first for head in heads):
            wrong[vote.pk] = "same_human"
        else:
            first |= dict.fromkeys(heads, vote.person_id)
    return first


def humans_of(rows: list[dict], people: Iterable[str]) -> Humans:
    """Who is whom among `people` (ids) and everybody behind the relations. One query."""
    ids = {*people, *(row["person"] for row in rows if row.get("person"))}
    return humans_among(ids, emails={row["email"] for row in rows if row.get("email")})


def excluded_people(
    rows: list[dict], exclude: list[str], people: Iterable[str], humans: Humans
) -> frozenset[str]:
    """Ids of the people a gate keeps out: by their id, a verified e-mail, or those of another account of theirs."""
    relations_ = [replace(r, person=r.person and humans.of(r.person)) for r in related(rows)]
    return frozenset(
        pk
        for pk in people
        if excluded_by(relations_, exclude, person=humans.of(pk), emails=humans.emails(pk))
    )
