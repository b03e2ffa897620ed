"""May this person vote, is the gate satisfied, has the request lapsed. Pure: facts in, answer out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from approvals.states import TAKES_VOTES, ApprovalState, Decision
from pipelines.matching import Assignment, Slot, assign
from teams.rules import StandIn

RELATIONS = ("requester", "submitter", "author", "pipeline_editor")
COMMENT_MIN, COMMENT_MAX = 10, 2000  # characters, requirement C12


@dataclass(frozen=True)
class Relation:
    """Somebody who had a hand in what is asked. `person`: a person's id; `email`: as posted by a CI."""

    relation: str
    person: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class VoteFacts:
    """All that decides whether a vote is taken. `emails`: the person's verified addresses; `at`: now, aware.

    `content_hash` is what the voter saw, `current_hash` what the request holds; `changed_fields` names the
    difference. `gate_exclude` ⊆ RELATIONS; `gate_comment` `optional` or `required` (on approve).
    """

    decision: str
    content_hash: str
    comment: str | None
    is_human: bool
    person: str | None
    emails: frozenset[str]
    groups: frozenset[str]
    state: str
    at: datetime
    expires_at: datetime | None
    valid_until: datetime | None
    superseded_by: str
    current_hash: str
    changed_fields: tuple[str, ...]
    has_vote: bool
    relations: tuple[Relation, ...]
    slots: tuple[Slot, ...]
    gate_exclude: frozenset[str] = frozenset()
    gate_comment: str = "optional"
    gate_step_up: bool = False
    stepped_up: bool = False
    accounts: frozenset[str] = frozenset()  # other accounts of the same human
    twin_voted: bool = False  # one of those has a vote here
    represented: bool = False  # somebody voted in this person's place
    behalf: StandIn | None = None  # in whose place the vote would be; `groups` is then what they delegated
    behalf_counted: bool = False  # that person is counted already
    behalf_emails: frozenset[str] = frozenset()
    behalf_accounts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class VoteRefusal:
    """`code` is published in docs/reference/reasons.md; `extra` holds further members of the problem document."""

    code: str
    detail: str
    extra: dict = field(default_factory=dict)


def may_vote(facts: VoteFacts) -> VoteRefusal | None:
    """None, or the first thing wrong in the published order (docs/reference/reasons.md).

    `withdraw` skips `already_voted` and what follows, and needs a vote of one's own (`no_vote`).
    """
    common = (_human_required, _not_open, _content_changed)
    if facts.decision == Decision.WITHDRAW:
        sequence = (*common, _no_vote)
    elif facts.decision in (Decision.APPROVE, Decision.REJECT):
        sequence = (*common, _already_voted, _separation, _not_eligible, _comment_required, _step_up_required)
    else:
        raise ValueError(f"unknown decision {facts.decision!r}")
    return next((refusal for refusal in (rule(facts) for rule in sequence) if refusal), None)


def _human_required(facts: VoteFacts) -> VoteRefusal | None:
    refusal = VoteRefusal("human_required", "Only a person may vote; a machine fills no slot.")
    return None if facts.is_human else refusal


def _not_open(facts: VoteFacts) -> VoteRefusal | None:
    lapsed = expired(facts.state, facts.at, expires_at=facts.expires_at, valid_until=facts.valid_until)
    if facts.state in TAKES_VOTES and not lapsed:
        return None
    if facts.superseded_by:
        detail = f"This request was superseded by {facts.superseded_by}; vote there."
        return VoteRefusal("not_open", detail, {"superseded_by": facts.superseded_by})
    state = str(ApprovalState.EXPIRED if lapsed else facts.state)
    return VoteRefusal("not_open", f"This request takes no votes any more: it is {state}.", {"state": state})


def _content_changed(facts: VoteFacts) -> VoteRefusal | None:
    if facts.content_hash == facts.current_hash:
        return None
    changed = list(facts.changed_fields)
    what = f" ({', '.join(changed)})" if changed else ""
    extra = {"changed_fields": changed, "content_hash": facts.current_hash}
    return VoteRefusal(
        "content_changed", f"What you looked at is not what is asked now{what}. Look again.", extra
    )


def _no_vote(facts: VoteFacts) -> VoteRefusal | None:
    return None if facts.has_vote else VoteRefusal("no_vote", "You have no vote here to withdraw.")


def _already_voted(facts: VoteFacts) -> VoteRefusal | None:
    if facts.has_vote:
        detail = "You have voted already; withdraw that vote first to change your mind."
        return VoteRefusal("already_voted", detail)
    if facts.twin_voted:
        return VoteRefusal("already_voted", "Another account of yours has voted; one human fills one slot.")
    if facts.represented:
        return VoteRefusal("already_voted", "Somebody you delegated to has voted in your place.")
    if facts.behalf_counted:
        return VoteRefusal(
            "already_voted", f"{facts.behalf.name}, for whom you would vote, is counted already."
        )
    return None


def _separation(facts: VoteFacts) -> VoteRefusal | None:
    own = {"emails": facts.emails, "accounts": facts.accounts}
    relation = excluded_by(facts.relations, facts.gate_exclude, person=facts.person, **own)
    if relation is None:
        return _separation_of_whom_it_is_for(facts)
    did = {
        "requester": "asked for this deployment",
        "submitter": "submitted this build",
        "author": "wrote a commit that is being shipped",
        "pipeline_editor": "edited the pipeline last",
    }[relation]
    return VoteRefusal(
        "separation_of_duties", f"You {did}, so another person must decide.", {"relation": relation}
    )


def _separation_of_whom_it_is_for(facts: VoteFacts) -> VoteRefusal | None:
    """Nobody approves their own by a friend: whose place it is must be free of any hand in it, too."""
    if facts.behalf is None:
        return None
    theirs = {
        "person": facts.behalf.principal,
        "emails": facts.behalf_emails,
        "accounts": facts.behalf_accounts,
    }
    relation = excluded_by(facts.relations, facts.gate_exclude, **theirs)
    if relation is None:
        return None
    extra = {"relation": relation, "on_behalf_of": facts.behalf.name}
    detail = (
        f"{facts.behalf.name}, for whom you would vote, is kept out here as {relation.replace('_', ' ')}."
    )
    return VoteRefusal("separation_of_duties", detail, extra)


def _not_eligible(facts: VoteFacts) -> VoteRefusal | None:
    wanted = list(dict.fromkeys(slot.group for slot in facts.slots))
    if facts.groups.intersection(wanted):
        return None
    detail = f"Only members of {', '.join(wanted) or 'no group'} may decide here."
    return VoteRefusal("not_eligible", detail, {"groups": wanted})


def _comment_required(facts: VoteFacts) -> VoteRefusal | None:
    wanted = facts.decision == Decision.REJECT or facts.gate_comment == "required"
    problem = comment_problem(facts.comment, required=wanted)
    return VoteRefusal("comment_required", problem) if problem else None


def _step_up_required(facts: VoteFacts) -> VoteRefusal | None:
    refusal = VoteRefusal("step_up_required", "This gate asks you to confirm with your security key.")
    return refusal if facts.gate_step_up and not facts.stepped_up else None


def comment_problem(comment: str | None, *, required: bool) -> str | None:
    """What is wrong with a comment, as a sentence, or None (C12). None and "" mean that none was given.

    A given comment has 10–2000 characters without the space around it and is not one character repeated.
    """
    if comment is None or comment == "":
        return "A comment is needed: say why, for whoever reads this later." if required else None
    text = comment.strip()
    visible = {char for char in text.casefold() if not char.isspace()}
    if len(visible) < 2:
        return "A comment of blanks or one repeated character says nothing."
    if not COMMENT_MIN <= len(text) <= COMMENT_MAX:
        return f"A comment has {COMMENT_MIN} to {COMMENT_MAX} characters; this one has {len(text)}."
    return None


def excluded_by(
    relations: Iterable[Relation],
    exclude: Iterable[str],
    *,
    person: str | None,
    emails: Iterable[str],
    accounts: Iterable[str] = (),
) -> str | None:
    """The first relation (in the order of RELATIONS) by which the gate keeps this person out, or None.

    The same human is recognised by id, by `accounts` (ids of other accounts of theirs) or by any verified e-mail
    address, upper and lower case alike.
    """
    ids = {person, *accounts} - {None}
    own = {email.strip().casefold() for email in emails if email.strip()}
    found = {
        relation.relation
        for relation in relations
        if relation.person in ids or (relation.email is not None and relation.email.strip().casefold() in own)
    }
    wanted = set(exclude)
    return next((name for name in RELATIONS if name in found and name in wanted), None)


@dataclass(frozen=True)
class CastVote:
    """A live vote (not void, not withdrawn). `groups`: the person's groups when it was cast."""

    person: str
    decision: str
    groups: frozenset[str]


@dataclass(frozen=True)
class GateState:
    """`lost`: people whose approval counts no longer: they left the groups or are excluded now (C27)."""

    satisfied: bool
    rejected_by: str | None
    assignment: Assignment
    lost: tuple[str, ...]

    @property
    def missing(self) -> list[Slot]:
        return self.assignment.missing

    @property
    def filled(self) -> dict[int, list[str]]:
        return self.assignment.filled


def gate_state(
    slots: Sequence[Slot],
    votes: Sequence[CastVote],
    eligible_now: Mapping[str, Iterable[str]],
    excluded: Iterable[str] = (),
) -> GateState:
    """Who fills what, by the votes in the order they were cast and the memberships of this moment.

    A vote counts for the groups its person was in then *and* is in now. One reject outweighs any number of
    approvals. `eligible_now`: {person: groups}; whoever is not in it (left, deactivated) fills nothing.
    """
    barred, wanted = set(excluded), {slot.group for slot in slots}
    counted, lost = [], []
    for vote in votes:
        if vote.decision != Decision.APPROVE:
            continue
        groups = vote.groups & frozenset(eligible_now.get(vote.person, ()))
        if vote.person in barred or not groups & wanted:
            lost.append(vote.person)
        else:
            counted.append((vote.person, groups))
    rejected_by = next((vote.person for vote in votes if vote.decision == Decision.REJECT), None)
    assignment = assign(slots, counted)
    return GateState(assignment.complete and rejected_by is None, rejected_by, assignment, tuple(lost))


def expired(state: str, at: datetime, *, expires_at: datetime | None, valid_until: datetime | None) -> bool:
    """Whether a request in this state has lapsed at `at`: a pending one by `expires_at`, a satisfied one by
    `valid_until` (C08, C09). The instant itself is too late. An ended request does not expire."""
    if state == ApprovalState.SATISFIED:
        return valid_until is not None and at >= valid_until
    if state in (ApprovalState.OPEN, ApprovalState.VOID):
        return expires_at is not None and at >= expires_at
    return False


def unknown_authors(rows: Iterable[Mapping], known: frozenset[str]) -> list[str]:
    """Of stored relations, the authors that no account stands for: addresses not in `known` (lower case), and
    `the authors of 1.2.0` where no commits were supplied."""
    found = []
    for row in rows:
        if row["relation"] == "author" and row.get("missing"):
            found.append(f"the authors of {row['missing']}")
        elif (
            row["relation"] == "author" and row.get("email") and row["email"].strip().casefold() not in known
        ):
            found.append(row["email"])
    return found
