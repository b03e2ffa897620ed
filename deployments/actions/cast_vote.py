"""One person's word, and what follows from it: superseding, the new state, and the worker's bell."""

from django.db import transaction
from django.db.models import F

from approvals.actions.accept_signature import Signed
from approvals.actions.rebind import rebind
from approvals.actions.relate import relate
from approvals.actions.vote import VoteResult, vote
from approvals.gate import effective_gate
from approvals.queries import get_visible
from approvals.states import TAKES_VOTES, ApprovalState, Decision
from deployments import history
from deployments.binding import subject_of
from deployments.changes import relations_of
from deployments.decision import decide, with_everything
from deployments.engine import approval_ended
from deployments.engine.supersede import supersede_older
from deployments.expedited import path_of
from deployments.lease import poke
from deployments.models import Deployment
from deployments.rules import state_for
from deployments.states import NEXT, PENDING, State
from deployments.transition import transition
from deployments.typed_version import check_typed
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from kernel.verdicts import Deny, Wait
from pipelines.queries import current_pipeline, stage_of


@transaction.atomic
def cast_vote(
    *,
    actor: Actor,
    request_id: str,
    decision: str,
    content_hash: str,
    comment: str = "",
    signed: Signed | None = None,
    typed_version: str | None = None,
) -> VoteResult:
    """Vote on what would be done at this instant; raises vote()'s refusals, and after them VersionNotTyped where
    a page asked for it (`typed_version`); nothing of the vote stays then.

    The request is bound to the present content first, so a vote never lands on something stale.
    """
    at = now()
    # The deployment's row lock before the approval's, as the worker and a cancel take them: no deadlock.
    Deployment.objects.filter(approval=request_id).update(state_version=F("state_version"))
    request = get_visible(actor, request_id)
    deployment = with_everything(Deployment.objects.filter(pk=request.deployment)).get()
    _bind(request, deployment, at)
    result = vote(
        actor=actor,
        request_id=request_id,
        decision=decision,
        content_hash=content_hash,
        comment=comment or "",
        signed=signed,
        at=at,
    )
    if decision == Decision.APPROVE:
        _typed(typed_version, deployment)
    deployment.approval = result.request
    if result.state == ApprovalState.REJECTED:
        _reject(deployment, actor, at, comment)
    elif result.newly_satisfied:
        supersede_older(deployment=deployment, actor=Actor.system("lane"), at=at)
    _show(deployment, at)
    history.record(deployment)
    poke(deployment.pk)
    return result


def _typed(typed: str | None, deployment: Deployment) -> None:
    place = deployment.environment
    check_typed(typed, version=deployment.version, place=place.name, protected=place.protected)


def _show(deployment: Deployment, at) -> None:
    """What the vote changed is seen at once: the reasons that are left, and the state they make. The start is the
    worker's. If it moved the row just now, it says so itself."""
    row = with_everything(Deployment.objects.filter(pk=deployment.pk)).get()
    if row.state not in PENDING or row.plan_state == "not_computed":
        return
    verdict = decide(row, Actor.system("vote"), at)
    if isinstance(verdict, Deny):
        return  # ending it is the worker's, too
    columns = {"reasons": [reason.as_dict() for reason in verdict.reasons]}
    columns["checks"] = [{"name": c.name, "state": str(c.state)} for c in verdict.checks]
    state, waiting_for = (
        state_for(verdict) if isinstance(verdict, Wait) else (State(row.state), row.waiting_for)
    )
    try:
        if state == row.state:
            Deployment.objects.filter(pk=row.pk, state=row.state).update(waiting_for=waiting_for, **columns)
        elif state in NEXT[State(row.state)]:
            why = " ".join(reason.text for reason in verdict.reasons)
            with transaction.atomic():
                transition(
                    row, state, actor=Actor.system("vote"), at=at, why=why, waiting_for=waiting_for, **columns
                )
    except LostRace:
        return


def _bind(request, deployment: Deployment, at) -> None:
    """Skip while a plan is being computed: the worker binds the request when it is there."""
    if (
        request.state not in TAKES_VOTES
        or deployment.state not in PENDING
        or deployment.plan_state == "not_computed"
    ):
        return
    pipeline = current_pipeline(deployment.application_id)
    stage = stage_of(pipeline, deployment.environment_id)
    if stage is None:
        return
    path = path_of(deployment.expedited, pipeline, deployment.environment_id)
    slots = stage.get("slots") or []
    rule = effective_gate(deployment.environment, deployment.release.application, slots, path)
    if rule is None:
        return
    subject = subject_of(deployment, stage=stage, pipeline=pipeline, gate_version=rule["version"])
    rebind(request=request, subject=subject, gate=rule, actor=Actor.system("binding"), at=at)
    relate(request=request, relations=relations_of(deployment, pipeline), actor=Actor.system("binding"))


def _reject(deployment: Deployment, actor: Actor, at, comment: str) -> None:
    try:
        reasons = approval_ended.rejected(deployment.approval_id, actor.name)
        transition(deployment, State.REJECTED, actor=actor, at=at, why=comment, reasons=reasons)
    except LostRace:
        return  # the worker moved it between two waiting states; it reads the rejection at its next step
