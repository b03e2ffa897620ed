"""Change what an open request asks for; it is planned again, and earlier votes become void."""

from django.db import transaction
from django.db.models import F

from approvals.actions.rebind import rebind
from approvals.gate import effective_gate
from audit.actions.append import append
from deployments.actions.request import check_parameters
from deployments.binding import subject_of
from deployments.expedited import path_of
from deployments.lease import poke
from deployments.models import Deployment
from deployments.queries import get_visible
from deployments.states import PENDING
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Conflict, Forbidden
from pipelines.queries import current_pipeline, stage_of


class AlreadyStarted(Conflict):
    code = "already_started"
    title = "The deployment has started"


@transaction.atomic
def change_parameters(*, actor: Actor, deployment_id: str, parameters: dict) -> Deployment:
    """The requester, before it starts. Keeps the approval's id; votes cast on the old content are void from now on.

    Raises NotFound, Forbidden, AlreadyStarted, Invalid.
    """
    row = get_visible(actor, deployment_id)
    if actor.tag != row.requested_by_tag:
        raise Forbidden("Only who asked for it may change what is asked.", missing_permission="requester")
    check_parameters(parameters)
    if row.parameters == parameters:
        return row
    _write(row, parameters)
    row.steps.filter(kind="plan").update(state="pending", data={}, started_at=None, ended_at=None, detail="")
    append(
        kind="deployment.changed",
        actor=actor,
        subject=f"deployment:{row.pk}",
        environment=row.environment_id,
        application=row.application_id,
        data={"parameters": sorted(parameters)},
    )
    row = get_visible(actor, deployment_id)
    _void(row, actor)
    poke(row.pk)
    return row


def _write(row: Deployment, parameters: dict) -> None:
    """A new plan: everything computed from the old parameters is forgotten in the same statement."""
    moved = Deployment.objects.filter(pk=row.pk, state__in=PENDING).update(
        parameters=parameters,
        plan_state="not_computed",
        plan_digest="",
        plan_changes=[],
        plan_data={"staged": row.plan_data.get("staged", {})},
        plan_round=F("plan_round") + 1,
        state_version=F("state_version") + 1,
    )
    if moved != 1:
        raise AlreadyStarted("It has started, or ended; its parameters can no longer be changed.")


def _void(row: Deployment, actor: Actor) -> None:
    """Bind the request to the new parameters at once: nobody votes on what is asked no longer."""
    pipeline = current_pipeline(row.application_id)
    stage = stage_of(pipeline, row.environment_id)
    if row.approval is None or stage is None:
        return
    path = path_of(row.expedited, pipeline, row.environment_id)
    rule = effective_gate(row.environment, row.release.application, stage.get("slots") or [], path)
    if rule is not None:
        subject = subject_of(row, stage=stage, pipeline=pipeline, gate_version=rule["version"])
        rebind(request=row.approval, subject=subject, gate=rule, actor=actor, at=now())
