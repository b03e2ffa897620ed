"""The start: decide() once more, consume the approval, take the lane: one transaction, or nothing."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from approvals.actions.close import close
from approvals.actions.consume import consume
from approvals.gate import people
from approvals.picture import look_once
from approvals.states import ApprovalState
from deployments.bypass import Bypass
from deployments.decision import decide, with_everything
from deployments.engine import journal, pending_steps
from deployments.engine.supersede import supersede_older
from deployments.engine.work import NOW, Again, Work
from deployments.facts import Seen, bypass_of
from deployments.models import Deployment, Lane
from deployments.states import PENDING, State, StepKind, StepState
from deployments.transition import transition
from kernel.clock import now
from kernel.refusals import LostRace
from kernel.verdicts import Allow, CheckState
from pipelines.openings import Rules, calendar_in_force, read_rules
from pipelines.queries import current_pipeline

log = logging.getLogger(__name__)

RETRY_SECONDS = 0.2  # after a lost race for the lane


def attempt(work: Work) -> Again:
    """Start, if decide() still says Allow inside the transaction; otherwise come back at once and settle."""
    try:
        with transaction.atomic():
            journal.fence(work.deployment)
            return _start(work)
    except IntegrityError as error:
        if not _lane_taken(error):
            raise
        log.info("%s: another deployment took the lane first", work.deployment.pk)
        return Again(RETRY_SECONDS)  # decide() will say lane_busy


def _lane_taken(error: IntegrityError) -> bool:
    """Whether it was the constraint deployment_one_in_lane. PostgreSQL names it; SQLite names its columns."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None:
        return diagnosis.constraint_name == "deployment_one_in_lane"
    table = Deployment._meta.db_table
    return str(error).endswith(f"{table}.application_id, {table}.environment_id")


def _start(work: Work) -> Again:
    deployment = with_everything(Deployment.objects.filter(pk=work.deployment.pk)).get()
    if deployment.state not in PENDING:
        raise LostRace  # started or ended in the moment before we got its lock
    at, rules = now(), read_rules()
    if deployment.approval is not None:
        look_once(deployment.approval, at)  # the keys that are kept are those it was decided on
    pipeline = current_pipeline(deployment.application_id)
    if pipeline != work.pipeline:
        return NOW  # another came since the tick began: what is judged is what is applied, or nothing
    verdict = decide(deployment, work.actor, at, Seen(pipeline, rules))
    if not isinstance(verdict, Allow):
        return NOW
    bypass = bypass_of(deployment, at)
    pending_steps.show(deployment, verdict, at, bypass)
    record = _in_force(deployment, at, rules)
    _use_up(work, deployment, verdict, at)
    lane = Lane.objects.filter(
        application_id=deployment.application_id, environment_id=deployment.environment_id
    ).first()
    proof = _proof(deployment, work, record["calendar"]) | _bypassed(bypass, verdict)
    transition(
        deployment,
        State.RUNNING,
        actor=work.actor,
        at=at,
        data=proof | ({"expedited": work.path["skip"]} if work.path else {}),
        started_at=at,
        start_record=record,
        pipeline_version=work.pipeline,
        skipped_stages=work.path["skip"] if work.path else deployment.skipped_stages,
        previous_version=lane.version if lane else "",
        reasons=[],
        checks=pending_steps.kept(verdict, bypass),
    )
    step = journal.step_of(deployment, StepKind.APPLY)
    journal.set_step(step, StepState.SKIPPED if deployment.plan_state == "none" else StepState.RUNNING, at)
    work.deployment = deployment
    return NOW


def _use_up(work: Work, deployment: Deployment, verdict: Allow, at: datetime) -> None:
    """The approval it starts on starts nothing else; one that a break-glass passed over ends unused."""
    if deployment.approval is None:
        if deployment.kind == "deploy":
            supersede_older(deployment=deployment, actor=work.actor, at=at)
    elif _skipped("people", verdict):
        close(request=deployment.approval, actor=work.actor, state=ApprovalState.CLOSED, at=at)
    else:
        content_hash = deployment.approval.content_hash
        consume(request=deployment.approval, content_hash=content_hash, actor=work.actor, at=at)


def _skipped(name: str, verdict: Allow) -> bool:
    return any(check.name == name and check.state == CheckState.SKIPPED for check in verdict.checks)


def _bypassed(bypass: Bypass | None, verdict: Allow) -> dict:
    """What this start went past, and by which break-glass; in place of an approval where that was passed over."""
    if bypass is None:
        return {}
    skipped = [check.name for check in verdict.checks if check.state == CheckState.SKIPPED]
    return {"break_glass": bypass.id, "skipped": skipped}


def _in_force(deployment: Deployment, at: datetime, rules: Rules) -> dict:
    """Calendar, gate and keys as they are at the start, and who was in the groups and had which role: all may change
    later, what was decided on may not (F07, F12)."""
    action = "rollback" if deployment.kind == "rollback" else "deploy"
    found = calendar_in_force(
        deployment.environment, deployment.application_id, at, action=action, rules=rules
    )
    if deployment.approval is None:
        return {"calendar": found, "keys": [], "gate": None, "members": {}, "roles": {}}
    picture = deployment.approval.looked  # what decide() saw
    return {
        "calendar": found,
        "keys": [
            {"group": key.group, "count": key.count, "filled_by": key.filled_by}
            for key in people(deployment.approval, at).keys
        ],
        "gate": {name: deployment.approval.gate.get(name) for name in ("version", "slots", "exclude")},
        "members": picture.members,
        "roles": {vote.person.username: sorted(vote.person.roles) for vote in picture.votes},
    }


def _proof(deployment: Deployment, work: Work, calendar: dict) -> dict:
    """What lets an outsider check this start from the log alone: the approval, its content and its votes."""
    proof = {"pipeline_version": work.pipeline.number, "plan_digest": deployment.plan_digest}
    proof |= {
        name: [{"id": row["id"], "version": row["version"]} for row in calendar[name]]
        for name in ("windows", "freezes")
    }
    approval = deployment.approval
    if approval is not None and approval.state == ApprovalState.CONSUMED:
        votes = approval.looked.counting  # a vote that counts no longer was no reason to start
        proof |= {
            "approval": approval.pk,
            "content_hash": approval.content_hash,
            "votes": [vote.pk for vote in votes],
            "step_up": bool(approval.gate["step_up"]),
            "approvers": [vote.person_id for vote in votes],
            "keys": sum(slot["count"] for slot in approval.gate["slots"]),
        }
    return proof
