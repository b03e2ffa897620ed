"""The inbox: what waits for my decision, and what is most urgent?"""

from datetime import timedelta

from django.shortcuts import render

from approvals.models import ApprovalRequest
from approvals.queries import kept_out, visible_to
from approvals.states import TAKES_VOTES
from deployments.models import Deployment
from insights.rows import approval_row
from kernel.clock import now

DECIDED_FOR = timedelta(days=7)
MOST = 100


def inbox(request):
    """Needs you · needs someone else · recently decided; a constant number of queries."""
    actor, at = request.actor, now()
    rows = visible_to(actor).prefetch_related("votes__person")
    waiting = list(rows.filter(state__in=TAKES_VOTES).order_by("expires_at", "id")[: MOST * 5])
    mine = [row for row in waiting if is_mine(actor, row)]
    others = [row for row in waiting if row not in mine][:MOST]
    decided = rows.filter(ended_at__gte=at - DECIDED_FOR).order_by("-ended_at")[:20]
    decided = list(decided)
    plans = plans_of([*mine, *others, *decided])
    groups = (
        ("needs-you", "Needs you", [approval_row(row, plans, actor, act=True) for row in mine[:MOST]]),
        ("needs-others", "Needs someone else", [approval_row(row, plans, actor) for row in others]),
        ("decided", "Recently decided", [approval_row(row, plans, actor) for row in decided]),
    )
    return render(
        request, "insights/inbox.html", {"groups": groups, "nav_active": "inbox", "waiting": len(mine)}
    )


def is_mine(actor, row: ApprovalRequest) -> bool:
    """I am in a slot's group, have not voted on this content, and am not kept out."""
    if not actor.groups & {slot["group"] for slot in row.gate["slots"]}:
        return False
    if any(v.person_id == actor.person_id and not v.void and v.withdrawn_at is None for v in row.votes.all()):
        return False
    return kept_out(actor, row) is None


def plans_of(rows: list[ApprovalRequest]) -> dict:
    """The deployments behind the requests, in one query."""
    found = Deployment.objects.filter(pk__in=[row.deployment for row in rows])
    return {row.pk: row for row in found.select_related("superseded_by")}
