"""The inbox: what waits for me, what waits for others after I had a hand in it, what was decided lately.

Two queries for the rows (deployments with their approvals, votes), one for their change lists; however many.
"""

import hashlib
from dataclasses import dataclass, field

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from approvals.models import Vote
from approvals.positions import holds
from approvals.states import TAKES_VOTES, ApprovalState
from builds.models import Evidence
from deployments.models import Deployment, Lane
from deployments.queries import escalated_to
from insights.frame import Frame
from insights.reads.break_glass import to_review
from insights.reads.changelists import Move, change_lists
from insights.reads.inbox_row import InboxRow, row_of
from insights.reads.waiting import (
    MOST,
    WAITS_FOR_PEOPLE,
    could_turn_a_key,
    in_a_place_no_more,
    names_a_group_of,
)
from kernel.actor import Actor

RECENT = 10


@dataclass
class Inbox:
    """`version`: changes when anything shown does; a poll that names it is answered 204."""

    mine: list[InboxRow] = field(default_factory=list)
    others: list[InboxRow] = field(default_factory=list)
    decided: list[InboxRow] = field(default_factory=list)
    reviews: list = field(default_factory=list)  # break-glasses that wait for this person
    version: str = ""
    more: bool = False  # open requests there are beyond the MOST that lapse soonest


def read_inbox(frame: Frame, environment: str = "", application: str = "") -> Inbox:
    """Everything on the page, narrowed to an environment and an application where given."""
    narrowed = {"environment": environment, "application": application}
    deployments = list(_deployments(frame, **{name: value for name, value in narrowed.items() if value}))
    groups = _sorted_out(frame, deployments)
    if not any(narrowed.values()):
        frame.inbox_count = len(groups["mine"])  # the badge and the page are one answer
    beyond = _cut(groups)
    lists = change_lists(_move(row) for rows in groups.values() for row in rows)
    shown = Inbox(more=beyond)
    for name, rows in groups.items():
        setattr(shown, name, [row_of(frame, row, lists[_move(row)], group=name) for row in rows])
    shown.mine.sort(key=lambda row: row.urgency)
    shown.reviews = to_review(frame)
    shown.version = _version(frame, deployments, [row.pk for row in shown.reviews])
    return shown


def _cut(groups: dict[str, list[Deployment]]) -> bool:
    """Whether there was one more than is shown; it is taken away again."""
    if len(groups["mine"]) + len(groups["others"]) <= MOST:
        return False
    (groups["others"] or groups["mine"]).pop()
    return True


def _sorted_out(frame: Frame, deployments: list[Deployment]) -> dict[str, list[Deployment]]:
    groups: dict[str, list[Deployment]] = {"mine": [], "others": [], "decided": []}
    for row in deployments:
        approval = row.approval
        if approval.state not in TAKES_VOTES:
            if approval.state != ApprovalState.EXPIRED or was_asked(frame.actor, row):
                groups["decided"].append(row)
        elif _waits_for(frame, approval):
            groups["mine"].append(row)
        elif had_a_hand(frame.actor, row) or approval.escalated_to in frame.actor.groups:
            groups["others"].append(row)
    groups["decided"].sort(key=lambda row: row.decided_at, reverse=True)
    groups["decided"] = groups["decided"][:RECENT]
    return groups


def _waits_for(frame: Frame, approval) -> bool:
    lapsed = approval.expires_at is not None and approval.expires_at <= frame.now
    if approval.state not in WAITS_FOR_PEOPLE or lapsed:
        return False
    votes = [
        (v.person_id, v.decision, frozenset(v.groups), _behalf(v))
        if holds(v, frame.now)
        else in_a_place_no_more(v.person_id)
        for v in approval.standing
    ]
    return could_turn_a_key(frame.actor, approval.gate, approval.relations, votes, frame.now)


def _behalf(vote: Vote) -> str | None:
    return vote.delegation.principal_id if vote.delegation_id else None


def had_a_hand(actor: Actor, row: Deployment) -> bool:
    """Asked for it, or has a vote on it that stands."""
    if row.requested_by_id == actor.person_id:
        return True
    return any(vote.person_id == actor.person_id for vote in row.approval.standing)


def was_asked(actor: Actor, row: Deployment) -> bool:
    """Had a hand in it, holds a key of it, or was shown it unanswered: what lapsed is told to all of them (C08)."""
    groups = {slot["group"] for slot in row.approval.gate["slots"]} | {row.approval.escalated_to}
    return had_a_hand(actor, row) or bool(actor.groups & groups)


def _deployments(frame: Frame, **narrowed: str) -> QuerySet[Deployment]:
    """The open requests that concern this person and lapse soonest, and the last few that lapsed, or that ended and
    this person had a hand in. Which they are is found first, so that of all others nothing is read."""
    me = frame.actor.person_id
    rows = Deployment.objects.filter(approval__deployment=F("pk"), **narrowed)
    if frame.names is not None:
        rows = rows.filter(Q(application__in=frame.names) | escalated_to(frame.actor))
    voted = Vote.objects.filter(request=OuterRef("approval"), person=me, withdrawn_at__isnull=True)
    ended = rows.exclude(approval__state__in=TAKES_VOTES).filter(Q(requested_by=me) | Q(Exists(voted)))
    ended = ended.order_by(_decided_at().desc(), "-id").values("pk")[:RECENT]
    lapsed = rows.filter(approval__state=ApprovalState.EXPIRED).order_by(_decided_at().desc(), "-id")
    lapsed = lapsed.values("pk")[: 5 * RECENT]
    gated, mine = names_a_group_of(
        frame.actor, rows.filter(approval__state__in=TAKES_VOTES), "approval__gate"
    )
    asked = gated.filter(mine | Q(requested_by=me) | Q(Exists(voted))).order_by(*_soonest()).values("pk")
    rows = Deployment.objects.filter(Q(pk__in=asked[: MOST + 1]) | Q(pk__in=ended) | Q(pk__in=lapsed))
    lane = Lane.objects.filter(application=OuterRef("application"), environment=OuterRef("environment"))
    related = ("approval", "environment__account", "release__build")
    return (
        rows.select_related(*related)
        .defer("plan_data", "parameters", "release__build__commits", "approval__past_subjects")
        .annotate(
            decided_at=_decided_at(),
            newer_version=F("superseded_by__version"),
            running_version=Subquery(lane.values("version")[:1]),
            running_cut_at=Subquery(lane.exclude(version="").values("deployment__release__cut_at")[:1]),
            running_release=Subquery(lane.exclude(version="").values("deployment__release_id")[:1]),
            **_evidence(),
        )
        .prefetch_related(Prefetch("approval__votes", _votes(), to_attr="standing"))
        .order_by(*_soonest())
    )


def _soonest() -> tuple:
    return F("approval__expires_at").asc(nulls_last=True), "id"


def _decided_at() -> Coalesce:
    return Coalesce("approval__consumed_at", "approval__ended_at", "approval__opened_at")


def _votes() -> QuerySet[Vote]:
    rows = Vote.objects.filter(void=False, withdrawn_at__isnull=True)
    return rows.select_related("person", "delegation__principal").order_by("at", "id")


def _evidence() -> dict:
    """evidence_total, evidence_passed, evidence_failed: of the build that is being shipped."""
    rows = Evidence.objects.filter(build=OuterRef("release__build"), subject__startswith="build:").order_by()
    found = {}
    for name, wanted in (("total", Q()), ("passed", Q(verdict="pass")), ("failed", Q(verdict="fail"))):
        counted = rows.filter(wanted).values("build").annotate(n=Count("pk")).values("n")
        found[f"evidence_{name}"] = Coalesce(Subquery(counted), 0)
    return found


def _move(row: Deployment) -> Move:
    running = (row.running_cut_at, row.running_release) if row.running_release else None
    return Move(row.application_id, running, (row.release.cut_at, row.release_id))


def _version(frame: Frame, deployments: list[Deployment], reviews: list[str]) -> str:
    """What the rows depend on, hashed; the time is not in it, so a quiet inbox stays the same."""
    parts = [frame.actor.person_id, *sorted(frame.actor.groups), *reviews]
    for row in deployments:
        votes = [f"{vote.pk}{vote.decision}" for vote in row.approval.standing]
        parts += [row.pk, str(row.state_version), row.approval.state, row.approval.content_hash, *votes]
        parts.append(str(row.approval.reminded))
        parts += [reason.get("code", "") for reason in row.reasons]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
