"""A deployment that has not started: plan it, ask the people, ask decide(), start it or say why not."""

import zlib
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from approvals import gate
from approvals.actions.rebind import rebind
from approvals.actions.relate import relate
from approvals.actions.request import request
from approvals.binding import what_differs
from approvals.states import ApprovalState, Decision
from deployments.binding import subject_of
from deployments.changes import relations_of
from deployments.decision import decide
from deployments.engine import approval_ended, journal, pending_steps, planning, start
from deployments.engine.work import NOW, Again, Work
from deployments.facts import Seen, bypass_of
from deployments.models import Deployment
from deployments.rules import state_for
from deployments.states import State
from deployments.transition import transition
from kernel.refusals import LostRace
from kernel.verdicts import Allow, Check, CheckState, Reason, Verdict, Wait, wire_time

TURN_SECONDS = 0.5  # between two that start at the same opening, times the time scale
RECHECK_SECONDS = 15  # a waiting deployment is asked again at least this often, times the time scale


def tick(work: Work) -> Again:
    deployment = work.deployment
    if work.stage is not None and deployment.plan_state != "not_computed":
        if deployment.plan_data.get("basis") != planning.basis(work):
            planning.forget(work, "what it was computed from has changed")
        else:
            ask_people(work)
    if end_of_approval(work):
        return NOW
    verdict = decide(deployment, work.actor, work.at, Seen(pipeline=work.pipeline))
    if isinstance(verdict, Allow):
        changed = planning.still_holds(work)
        if changed is None:
            return start.attempt(work)
        if changed.doubt:
            settle(work, _unread(verdict, changed.doubt))
        return changed.again
    settle(work, verdict)
    if _wants_plan(verdict):
        return planning.tick(work)
    return due(work, verdict)


def _unread(verdict: Verdict, doubt: str) -> Wait:
    """Everything is allowed, and AWS cannot be asked whether the plan is still the one people saw."""
    reason = Reason("external_check", doubt, None, None, "It is read again by itself, and starts then.")
    waits = Check("plan", CheckState.WAIT, (reason,))
    return Wait((reason,), None, tuple(waits if c.name == "plan" else c for c in verdict.checks))


def _wants_plan(verdict: Verdict) -> bool:
    first = next((check for check in verdict.checks if check.state == CheckState.WAIT), None)
    return isinstance(verdict, Wait) and first.name == "plan" and first.reasons[0].code == "external_check"


def due(work: Work, verdict: Verdict) -> Again:
    if work.deployment.state not in ("requested", "planning", "needs_approval", "waiting"):
        return NOW  # it ended just now: what is left over is cleaned up next
    recheck = RECHECK_SECONDS * settings.TIME_SCALE
    if verdict.until is None:
        return Again(recheck)
    left = (verdict.until - work.at).total_seconds()
    if left > recheck:
        return Again(recheck)
    return Again(max(0.05, left) + _turn(work.deployment))


def _turn(deployment: Deployment) -> float:
    """Seconds after an opening: in request order, and never all at one instant (D11)."""
    if deployment.waiting_for != "window":
        return 0
    waiting = Deployment.objects.filter(state=State.WAITING, waiting_for="window")
    earlier = Q(requested_at__lt=deployment.requested_at)
    earlier |= Q(requested_at=deployment.requested_at, pk__lt=deployment.pk)
    # The same at every look, or a later one could overtake; spread over half a turn, so that turns never touch.
    jitter = zlib.crc32(deployment.pk.encode()) / 2**32 / 2
    return (waiting.filter(earlier).count() + jitter) * TURN_SECONDS * settings.TIME_SCALE


def ask_people(work: Work) -> None:
    """Open the approval request once the plan is there; bind an open one to what would be done now."""
    deployment = work.deployment
    rule = gate.effective_gate(
        deployment.environment, deployment.release.application, work.stage.get("slots") or [], work.path
    )
    if rule is None or (deployment.approval is None and people_skipped(deployment, work.at)):
        return
    subject = subject_of(deployment, stage=work.stage, pipeline=work.pipeline, gate_version=rule["version"])
    hands = relations_of(deployment, work.pipeline)
    bound = deployment.approval
    if bound is not None and bound.relations == hands and not what_differs(bound.subject, subject):
        return  # bound to this already: nothing to write, so no transaction
    with transaction.atomic():
        journal.fence(deployment)
        if deployment.approval is not None:
            rebind(request=deployment.approval, subject=subject, gate=rule, actor=work.actor, at=work.at)
            relate(request=deployment.approval, relations=hands, actor=work.actor)
            return
        approval = request(
            actor=work.actor,
            release=deployment.release,
            environment=deployment.environment,
            deployment_id=deployment.pk,
            subject=subject,
            gate=rule,
            relations=hands,
            at=work.at,
        )
        Deployment.objects.filter(pk=deployment.pk).update(approval=approval)
        deployment.approval = approval


def people_skipped(deployment: Deployment, at: datetime) -> bool:
    """A break-glass in force says that nobody is asked, and that nobody's answer counts."""
    bypass = bypass_of(deployment, at)
    return bypass is not None and bypass.confirmed and "people" in bypass.skip


def end_of_approval(work: Work) -> bool:
    """A rejected or lapsed approval ends the deployment that asked for it."""
    deployment, approval = work.deployment, work.deployment.approval
    if approval is None or people_skipped(deployment, work.at):
        return False
    lapsed = approval.valid_until if approval.state == ApprovalState.SATISFIED else approval.expires_at
    open_states = (ApprovalState.OPEN, ApprovalState.VOID, ApprovalState.SATISFIED)
    if approval.state == ApprovalState.REJECTED:
        to, why = State.REJECTED, "A person rejected it."
        reasons = approval_ended.rejected(approval.pk, _who_rejected(approval))
    elif approval.state == ApprovalState.EXPIRED or (
        approval.state in open_states and lapsed and lapsed <= work.at
    ):
        to, why = State.EXPIRED, "The approval lapsed before it could be used."
        turned = approval.satisfied_at is not None
        until = approval.valid_until if turned else approval.expires_at
        waited_for = deployment.reasons
        reasons = approval_ended.lapsed(approval.pk, turned=turned, until=until, waited_for=waited_for)
    else:
        return False
    with transaction.atomic():
        transition(deployment, to, actor=work.actor, at=work.at, why=why, reasons=reasons)
    return True


def _who_rejected(approval) -> str:
    votes = approval.votes.filter(decision=Decision.REJECT, void=False, withdrawn_at=None)
    return votes.order_by("at").values_list("person__username", flat=True).first() or ""


def settle(work: Work, verdict: Verdict) -> None:
    """Write what decide() said: the state, what it waits for, the reasons, and the steps they belong to."""
    deployment = work.deployment
    state, waiting_for = state_for(verdict)
    reasons = [reason.as_dict() for reason in verdict.reasons]
    bypass = bypass_of(deployment, work.at)
    checks = pending_steps.kept(verdict, bypass)
    same = (deployment.state, deployment.waiting_for, deployment.reasons) == (state, waiting_for, reasons)
    with transaction.atomic():
        journal.fence(deployment)
        pending_steps.show(deployment, verdict, work.at, bypass)
        if same:
            return
        text = " ".join(reason["text"] for reason in reasons)
        columns = {"reasons": reasons, "checks": checks, "waiting_for": waiting_for}
        if deployment.state == state:
            _keep(deployment, columns)
        else:
            codes = [reason["code"] for reason in reasons]
            until = {"until": wire_time(verdict.until)} if verdict.until else {}
            transition(
                deployment,
                state,
                actor=work.actor,
                at=work.at,
                why=text,
                data={"codes": codes, **until},
                **columns,
            )
        journal.log(deployment, [f"{str(state).replace('_', ' ').capitalize()}: {text}"], work.at)


def _keep(deployment: Deployment, columns: dict) -> None:
    held = Deployment.objects.filter(
        pk=deployment.pk, lease_epoch=deployment.lease_epoch, state=deployment.state
    )
    if held.update(**columns) != 1:
        raise LostRace
    for name, value in columns.items():
        setattr(deployment, name, value)
