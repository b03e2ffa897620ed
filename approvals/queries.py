"""Reads of approval requests, already scoped to what the caller may see."""

from datetime import datetime

from django.db.models import F, Q

from approvals.models import ApprovalRequest
from approvals.picture import related
from approvals.positions import groups_now, holds
from approvals.rules import excluded_by
from approvals.states import TAKES_VOTES
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import NotFound
from pipelines.queries import visible_application_names


def visible_to(actor: Actor):
    """Requests of applications the actor may see and those escalated to a group of theirs, with what every page and
    answer needs."""
    rows = ApprovalRequest.objects.select_related(
        "release__application", "release__build", "environment__account"
    )
    names = visible_application_names(actor)
    if names is None:
        return rows
    escalated = Q(escalated_to__in=actor.groups) if actor.groups else Q(pk__in=())
    return rows.filter(Q(release__application_id__in=names) | escalated)


def get_visible(actor: Actor, request_id: str) -> ApprovalRequest:
    """NotFound for one that is missing or not visible: the same answer."""
    row = visible_to(actor).filter(pk=request_id).first()
    if row is None:
        raise NotFound()
    return row


def lock_visible(actor: Actor, request_id: str) -> ApprovalRequest:
    """Inside a transaction: take the request's row lock (a no-op UPDATE, the same on both databases), then read."""
    ApprovalRequest.objects.filter(pk=request_id).update(content_hash=F("content_hash"))
    return get_visible(actor, request_id)


def last_seen_subject(request: ApprovalRequest, content_hash: str) -> dict | None:
    """The subject somebody saw under `content_hash`, if it can be told which fields differ from it."""
    if content_hash == request.content_hash:
        return request.subject
    return request.past_subjects.get(content_hash)


def open_requests(actor: Actor):
    return visible_to(actor).filter(state__in=TAKES_VOTES)


def waiting_for(actor: Actor) -> list[ApprovalRequest]:
    """What this person can decide now, oldest deadline first: in a slot's group, not kept out, not yet voted."""
    if not actor.is_human or not (actor.groups or actor.stands_in):
        return []
    at = now()
    rows = open_requests(actor).prefetch_related("votes__delegation").order_by("expires_at", "id")
    return [row for row in rows if _can_decide(actor, row, at)]


def _can_decide(actor: Actor, row: ApprovalRequest, at: datetime) -> bool:
    standing = [vote for vote in row.votes.all() if not vote.void and vote.withdrawn_at is None]
    if any(vote.person_id == actor.person_id for vote in standing) or kept_out(actor, row) is not None:
        return False
    heads = frozenset(head for vote in standing if holds(vote, at) for head in vote.heads)
    return bool(
        groups_now(actor, row.gate, row.relations, heads, at) & {s["group"] for s in row.gate["slots"]}
    )


def kept_out(actor: Actor, row: ApprovalRequest) -> str | None:
    """The relation (requester, submitter, author, pipeline_editor) by which the gate keeps this person out."""
    return excluded_by(
        related(row.relations), row.gate["exclude"], person=actor.person_id, emails=actor.emails
    )
