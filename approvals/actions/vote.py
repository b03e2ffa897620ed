"""Cast, or take back, one person's word on exactly one content."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import IntegrityError, transaction

from approvals import queries, rules
from approvals.actions.accept_signature import Signed, accept_signature
from approvals.binding import what_differs
from approvals.models import ApprovalRequest, Vote
from approvals.picture import Picture, humans_of, look, related, standing_votes
from approvals.positions import asked_by, on_behalf, whose_vote
from approvals.states import TAKES_VOTES, ApprovalState, Decision
from approvals.timetable import valid_until
from audit.actions.append import append
from kernel.actor import Actor
from kernel.refusals import Conflict, Denial, Forbidden, Invalid, LostRace, Refusal
from teams.places import as_of_now

STATUS = {
    "human_required": Forbidden,
    "not_open": Conflict,
    "content_changed": Conflict,
    "already_voted": Conflict,
    "separation_of_duties": Forbidden,
    "not_eligible": Forbidden,
    "comment_required": Invalid,
    "step_up_required": Forbidden,
    "no_vote": Conflict,
}
TITLES = {
    Forbidden: "You may not vote here",
    Conflict: "The vote was not taken",
    Invalid: "The vote is not complete",
}


@dataclass(frozen=True)
class VoteResult:
    vote: Vote | None
    slot: str | None
    state: str
    request: ApprovalRequest
    newly_satisfied: bool


@transaction.atomic
def vote(
    *,
    actor: Actor,
    request_id: str,
    decision: str,
    content_hash: str,
    comment: str,
    seen: dict | None = None,
    signed: Signed | None = None,
    at: datetime,
) -> VoteResult:
    """Take the vote, or raise the first refusal in the published order (docs/reference/reasons.md).

    Locks the request first, so that two votes, a vote and a change of content, and a vote and a start each happen
    in some order. `seen`: the subject the voter looked at, where known, to name what differs. `signed`: what a
    passkey answered to a statement of ours; a gate with step-up takes no vote without it.
    """
    request = queries.lock_visible(actor, request_id)
    actor = as_of_now(actor)  # a place that was left or taken back since they were let in gives no vote
    facts = _facts(actor, request, decision, content_hash, comment, seen, at)
    _refuse(request, replace(facts, stepped_up=signed is not None), actor, decision)
    if decision == Decision.WITHDRAW:
        return _withdraw(actor, request, at)
    signature = None
    if signed is not None:
        signature = accept_signature(actor=actor, request=request, decision=decision, signed=signed, at=at)
    try:
        with transaction.atomic():
            row = Vote.objects.create(
                request=request,
                person_id=actor.person_id,
                decision=decision,
                content_hash=content_hash,
                comment=comment.strip(),
                method=actor.method,
                signature=signature,
                groups=sorted(facts.groups & {slot.group for slot in facts.slots}),
                delegation_id=facts.behalf.delegation if facts.behalf else None,
                at=at,
            )
    except IntegrityError:
        refusal = rules.VoteRefusal("already_voted", "You have voted already.")
        raise _refusal(request, refusal, actor, decision) from None
    return _after(actor, request, row, at)


def _facts(actor, request, decision, content_hash, comment, seen, at) -> rules.VoteFacts:
    votes = standing_votes(request)
    lent = {one.principal for one in actor.stands_in}
    heads = {head for vote in votes for head in vote.heads}
    humans = humans_of(request.relations, {actor.person_id or "", *heads, *lent})
    standing = {vote.person_id for vote in votes}
    twins = humans.twins(actor.person_id) if actor.person_id else frozenset()
    found = whose_vote(actor, request, votes, humans, at)
    old = seen or queries.last_seen_subject(request, content_hash)
    return rules.VoteFacts(
        decision=decision,
        content_hash=content_hash,
        comment=comment,
        is_human=actor.is_human,
        person=actor.person_id,
        emails=actor.emails | (humans.emails(actor.person_id) if actor.person_id else frozenset()),
        groups=found.groups,
        **found.as_facts,
        state=request.state,
        at=at,
        expires_at=request.expires_at,
        valid_until=request.valid_until,
        superseded_by=request.superseded_by,
        current_hash=request.content_hash,
        changed_fields=tuple(what_differs(old, request.subject)) if old else (),
        has_vote=actor.person_id in standing,
        accounts=twins,
        twin_voted=bool(twins & standing),
        relations=related(request.relations),
        **asked_by(request.gate),
    )


def _refuse(request: ApprovalRequest, facts: rules.VoteFacts, actor: Actor, decision: str) -> None:
    found = rules.may_vote(facts)
    if found is not None:
        raise _refusal(request, found, actor, decision)


def _refusal(request: ApprovalRequest, found: rules.VoteRefusal, actor: Actor, decision: str) -> Refusal:
    denial = Denial(
        kind="vote.refused",
        subject=f"approval:{request.pk}",
        data={"code": found.code, "decision": str(decision), "content_hash": request.content_hash},
        environment=request.environment_id,
        application=request.release.application_id,
    )
    kind = STATUS[found.code]
    extra = (
        {"errors": [{"pointer": "/comment", "code": found.code, "detail": found.detail}]}
        if kind is Invalid
        else {}
    )
    refusal = kind(found.detail, code=found.code, denial=denial, **extra, **found.extra)
    refusal.title = TITLES[kind]
    return refusal


def _withdraw(actor: Actor, request: ApprovalRequest, at: datetime) -> VoteResult:
    row = request.votes.get(person_id=actor.person_id, void=False, withdrawn_at=None)
    Vote.objects.filter(pk=row.pk, withdrawn_at=None).update(withdrawn_at=at)
    row.withdrawn_at = at
    return _after(actor, request, row, at, withdrawn=True)


def _after(
    actor: Actor, request: ApprovalRequest, row: Vote, at: datetime, *, withdrawn: bool = False
) -> VoteResult:
    """Re-judge the gate with this vote, move the request, write the event: all in the vote's transaction."""
    picture = look(request, at, own=row.pk)
    newly = _move(request, picture, at)
    index = picture.state.assignment.slot_of(row.person_id)
    slot = None if index is None or withdrawn else picture.slots[index].group
    append(
        kind="vote.cast",
        actor=actor,
        subject=f"approval:{request.pk}",
        environment=request.environment_id,
        application=request.release.application_id,
        data={
            "vote": row.pk,
            "decision": "withdraw" if withdrawn else row.decision,
            "content_hash": row.content_hash,
            "deployment": request.deployment,
            "groups": row.groups,
            "slot": slot,
            "state": str(request.state),
            "person": row.person_id,
        }
        | on_behalf(row)
        | ({"signature": row.signature} if row.signature and not withdrawn else {}),
        private={"comment": row.comment} if row.comment else None,
    )
    return VoteResult(row, slot, request.state, request, newly)


def _move(request: ApprovalRequest, picture: Picture, at: datetime) -> bool:
    """Write the state that the standing votes make; True if the gate became satisfied just now."""
    before = request.state
    if picture.state.rejected_by:
        state = ApprovalState.REJECTED
    elif picture.state.satisfied:
        state = ApprovalState.SATISFIED
    else:
        state = ApprovalState.OPEN if before != ApprovalState.VOID or picture.votes else ApprovalState.VOID
    columns = {"state": state}
    newly = state == ApprovalState.SATISFIED and before != ApprovalState.SATISFIED
    if newly:
        columns |= {"satisfied_at": at, "valid_until": valid_until(at, request.gate["valid_for"])}
    elif state != ApprovalState.SATISFIED:
        columns |= {"satisfied_at": None, "valid_until": None}
    if state == ApprovalState.REJECTED:
        columns["ended_at"] = at
    held = ApprovalRequest.objects.filter(
        pk=request.pk, state__in=TAKES_VOTES, content_hash=request.content_hash
    )
    if held.update(**columns) != 1:
        raise LostRace
    for name, value in columns.items():
        setattr(request, name, value)
    return newly
