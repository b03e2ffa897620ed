"""The decision page: one approval request with everything its reader puts a name to."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, OuterRef, Q, Subquery

from approvals.models import Vote
from approvals.picture import look_once
from approvals.rules import unknown_authors
from builds.models import Evidence
from builds.representations import in_order
from deployments.decision import decide
from deployments.facts import Seen
from deployments.models import Deployment, Lane
from deployments.queries import escalated_to
from deployments.states import PENDING, TERMINAL
from insights.frame import Frame
from insights.reads import changelists, checks, holding, keys, red_facts, void
from insights.reads.evidence import evidence_rows, missing_kinds
from insights.reads.openings import opening_at
from insights.reads.plans import PlanFacts, plan_facts
from kernel.refusals import NotFound
from kernel.verdicts import Verdict
from pipelines.calendar import Opening
from pipelines.openings import Rules
from releases.changes import ChangeList
from teams.models import Passkey


@dataclass
class DecisionPage:
    """What templates/decision shows. `checks` come from decide() while it has not started, afterwards from
    what was kept of the decision that started it."""

    approval: object
    deployment: Deployment
    running_version: str
    running_since: datetime | None
    facts: list[dict]
    slots: list[dict]
    keys_words: str
    rejections: list[dict]
    lost: list[str]
    void_votes: list[dict]
    too_short: str  # the keys lapse before it may start
    position: keys.Position
    plan: PlanFacts
    changes: ChangeList
    commits: list[dict]
    commits_warning: str
    commits_words: str
    artifacts: list
    evidence: list[dict]
    missing: list[str]
    opening: Opening
    verdict: str
    checks: list[dict]
    passkeys: int  # of the reader, where the gate asks for one

    @property
    def pips(self) -> list[bool]:
        """One per place of the gate, filled first."""
        return [True] * self.filled + [False] * (self.total - self.filled)

    @property
    def told(self) -> str:
        """That people were reminded, and to whom it escalated."""
        return holding.told(self.approval)

    @property
    def filled(self) -> int:
        """Keys turned."""
        return sum(len(slot["filled_by"]) for slot in self.slots)

    @property
    def total(self) -> int:
        """Keys the gate asks for."""
        return sum(slot["count"] for slot in self.slots)


def read_decision(frame: Frame, approval_id: str) -> DecisionPage:
    """Raises NotFound for a request that is missing or not visible. At most 10 queries beside the frame's."""
    row = _deployment(frame, approval_id)
    approval = row.approval
    plan = plan_facts(row.plan_state, row.plan_changes, ended=row.state in TERMINAL)
    picture = look_once(approval, frame.now)
    verdict = _verdict(frame, row)
    position = keys.position_of(frame, approval, picture)
    slots = keys.slots_of_picture(picture, approval.state)
    move = _move(row)
    changes = changelists.change_lists([move])[move]
    evidence = list(Evidence.objects.filter(build=row.release.build, subject=f"build:{row.release.build_id}"))
    opening = opening_at(frame.pulse, row.environment, row.application_id, zone=str(frame.zone))
    facts = _facts(row, plan, changes, evidence, opening, position, picture)
    too_short = holding.too_short(approval, opening, frame.now, frame.zone, row.not_before)
    return DecisionPage(
        approval=approval,
        deployment=row,
        running_version=row.running_version or "",
        running_since=row.running_since,
        facts=red_facts.red_facts(facts),
        slots=slots,
        keys_words=keys.keys_in_words(slots, frame.actor.name),
        rejections=keys.rejections(picture),
        lost=keys.lost_votes(picture),
        void_votes=void.void_rows(approval, _void_votes(approval)),
        too_short=too_short,
        position=position,
        plan=plan,
        changes=changes,
        commits=changelists.commit_rows(changes, row.release.build.repository),
        commits_warning=changelists.commits_warning(changes),
        commits_words=changelists.commits_in_words(changes),
        artifacts=in_order(row.release.build.artifacts.all()),
        evidence=facts.evidence,
        missing=facts.missing,
        opening=opening,
        verdict=verdict.word if verdict else "",
        checks=_checks(row, verdict),
        passkeys=_passkeys(frame, approval),
    )


def _verdict(frame: Frame, row: Deployment) -> Verdict | None:
    """What decide() says while it has not started; the calendar was read for the page already."""
    if row.state not in PENDING:
        return None
    return decide(row, frame.actor, frame.now, Seen(rules=Rules(frame.pulse.windows, frame.pulse.freezes)))


def _checks(row: Deployment, verdict) -> list[dict]:
    if verdict:
        return checks.rows_of(verdict)
    return checks.stored_rows(row.checks, row.reasons, over=row.state in TERMINAL)


def _passkeys(frame: Frame, approval) -> int:
    if not approval.gate["step_up"]:
        return 0
    return Passkey.objects.filter(person_id=frame.actor.person_id, removed_at=None).count()


def _facts(row: Deployment, plan, changes, evidence, opening, position, picture) -> red_facts.RedFacts:
    """What the red facts are judged by."""
    return red_facts.RedFacts(
        plan=plan,
        changes=changes,
        evidence=evidence_rows(evidence),
        missing=missing_kinds(evidence),
        opening=opening,
        relations=position.relations,
        excluded=row.approval.gate["exclude"],
        break_glass=row.break_glass,
        skipped_stages=tuple(row.skipped_stages) if row.expedited else None,
        pending=row.state in PENDING,
        unknown=tuple(unknown_authors(row.approval.relations, picture.humans.known)),
        unknown_blocks=row.approval.gate.get("unknown_authors") == "block",
        twins=keys.twins(picture),
    )


def _deployment(frame: Frame, approval_id: str) -> Deployment:
    """The deployment of the request, with what runs in its lane now."""
    lane = Lane.objects.filter(application=OuterRef("application"), environment=OuterRef("environment"))
    known = lane.exclude(version="")
    rows = Deployment.objects.filter(approval=approval_id, approval__deployment=F("pk"))
    if frame.names is not None:
        rows = rows.filter(Q(application__in=frame.names) | escalated_to(frame.actor))
    # One row of one page: joined, where with_everything() asks three times for many.
    related = ("release__application", "release__build", "environment__account", "approval")
    rows = rows.select_related(*related, "pipeline_version", "requested_by")
    rows = rows.prefetch_related("release__build__artifacts").annotate(
        running_version=Subquery(known.values("version")[:1]),
        running_since=Subquery(known.values("since")[:1]),
        running_release=Subquery(known.values("deployment__release_id")[:1]),
        running_cut_at=Subquery(known.values("deployment__release__cut_at")[:1]),
    )
    row = rows.first()
    if row is None:
        raise NotFound
    return row


def _move(row: Deployment) -> changelists.Move:
    running = (row.running_cut_at, row.running_release) if row.running_release else None
    return changelists.Move(row.application_id, running, (row.release.cut_at, row.release_id))


def _void_votes(approval) -> list[Vote]:
    """Votes on an earlier content; asked only where there was one."""
    if not approval.past_subjects:
        return []
    return list(
        Vote.objects.filter(request=approval, void=True).select_related("person").order_by("at", "id")
    )
