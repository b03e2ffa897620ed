"""Where a person stands before a request: in whose place they would vote, and what the gate asks. Reads nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from approvals.lent_places import Place, choose, open_groups, places
from approvals.models import ApprovalRequest, Vote
from approvals.picture import excluded_people, related
from approvals.rules import excluded_by
from approvals.states import Decision
from kernel.actor import Actor
from kernel.permissions import only_audits
from pipelines.matching import slots_of
from teams.humans import Humans
from teams.rules import holds as lent_then


@dataclass(frozen=True)
class Standpoint:
    """`place`: the one this person's vote is cast in; the rest as in rules.VoteFacts."""

    place: Place
    represented: bool
    behalf_counted: bool
    behalf_emails: frozenset[str]
    behalf_accounts: frozenset[str]

    @property
    def groups(self) -> frozenset[str]:
        return self.place.groups

    @property
    def as_facts(self) -> dict:
        """As rules.VoteFacts takes them."""
        names = ("represented", "behalf_counted", "behalf_emails", "behalf_accounts")
        return {"behalf": self.place.stand_in} | {name: getattr(self, name) for name in names}


def whose_vote(
    actor: Actor, request: ApprovalRequest, standing: Iterable[Vote], humans: Humans, at: datetime
) -> Standpoint:
    """In whose place this person would vote at `at`. `humans`: of the actor, all who are counted, all who lent."""
    standing = [vote for vote in standing if holds(vote, at)]
    counted = {humans.of(head) for vote in standing for head in vote.heads}
    represented = {humans.of(v.delegation.principal_id) for v in standing if v.delegation_id}
    lent = {one.principal for one in actor.stands_in}
    kept = excluded_people(request.relations, request.gate["exclude"], lent, humans)
    unusable = kept | {one for one in lent if humans.of(one) in counted}
    cast = [(v.person_id, frozenset(v.groups)) for v in standing if v.decision == Decision.APPROVE]
    found = _places(actor, at)
    place = choose(actor.person_id or "", found, slots_of(request.gate["slots"]), cast, unusable)
    behalf = place.stand_in.principal if place.stand_in else None
    return Standpoint(
        place,
        represented=actor.person_id is not None and humans.of(actor.person_id) in represented,
        behalf_counted=behalf is not None and humans.of(behalf) in counted,
        behalf_emails=humans.emails(behalf) if behalf else frozenset(),
        behalf_accounts=humans.twins(behalf) if behalf else frozenset(),
    )


def groups_now(
    actor: Actor, gate: dict, relations: list[dict], heads: frozenset[str], at: datetime
) -> frozenset[str]:
    """The groups for which this person's vote could count at `at`, their own and those lent to them. `heads`: who is
    counted already. By id and by their first address; the vote itself asks everything that is known."""
    kept = {
        one.principal
        for one in actor.stands_in
        if excluded_by(related(relations), gate["exclude"], person=one.principal, emails=[one.email])
    }
    found = _places(actor, at)
    return open_groups(found, represented=actor.person_id in heads, unusable=heads | kept)


def _places(actor: Actor, at: datetime) -> list[Place]:
    """Whoever only audits has no place, whatever group they were put into."""
    if only_audits(actor.roles):
        return [Place(frozenset())]
    return places(actor.groups, actor.stands_in, at)


def holds(vote: Vote, at: datetime) -> bool:
    """False for a vote in a place that is lent no more: it counts nobody."""
    lent = vote.delegation if vote.delegation_id else None
    return lent is None or lent_then(lent.since, lent.until, lent.ended_at, at)


def asked_by(gate: dict) -> dict:
    """What a gate asks, as rules.VoteFacts takes it."""
    return {
        "slots": tuple(slots_of(gate["slots"])),
        "gate_exclude": frozenset(gate["exclude"]),
        "gate_comment": gate["comment"],
        "gate_step_up": gate["step_up"],
    }


def on_behalf(vote: Vote) -> dict:
    """What the event of a vote in another's place says besides; {} of one's own."""
    if not vote.delegation_id:
        return {}
    return {"on_behalf_of": vote.delegation.principal_id, "delegation": vote.delegation_id}
