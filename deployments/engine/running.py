"""AWS is being changed: make sure we are who we should be, then apply exactly the plan."""

from django.db import transaction

from deployments.engine import ending, journal
from deployments.engine.doubt import settle_doubt
from deployments.engine.drive import Moved, drive
from deployments.engine.work import NOW, STEP_SECONDS, Again, Work, context_for
from deployments.executor import Failed, Poll
from deployments.models import Deployment, Intent, Step
from deployments.states import State, StepKind, StepState
from deployments.transition import transition
from kernel.clock import now


def tick(work: Work) -> Again:
    deployment = work.deployment
    step = journal.step_of(deployment, StepKind.APPLY)
    if (
        deployment.cancel_requested_at
        and not Intent.objects.filter(deployment=deployment, purpose="apply").exists()
    ):
        return _cancelled(work, step)
    if deployment.aws_identity is None:
        moved = drive(work, step, lambda: _identify(work), lambda: None)
        if moved.failed:
            return ending.fail(work, step, moved.failed)
        return settle_doubt(work, State.RUNNING, moved)
    if deployment.plan_state == "none":
        return _verify_next(work, step, StepState.SKIPPED, "Nothing would change.")
    moved = drive(
        work,
        step,
        lambda: work.executor.apply(context_for(work, step, "deploy")),
        lambda: work.session("deploy"),
        changing=Intent.objects.filter(deployment=deployment, purpose="apply").exists(),
    )
    if moved.done:
        return _verify_next(work, step, StepState.DONE, moved.done.detail)
    if moved.failed:
        return _failed(work, step, moved.failed)
    return settle_doubt(work, State.RUNNING, _overdue(step, moved))


def _overdue(step: Step, moved: Moved) -> Moved:
    """Past its time: AWS has just been read and is still at it, so nobody may claim an outcome (E18)."""
    if moved.paused:
        return moved
    if step.started_at and (now() - step.started_at).total_seconds() > STEP_SECONDS:
        return Moved(doubt=moved.doubt or "AWS is still at it after four hours.", stuck=True)
    return moved


def _identify(work: Work):
    """GetCallerIdentity of the deploy session; another account than the environment's: stop before any change."""
    identity = work.session("deploy").identity()
    expected = work.deployment.environment.account.account_id
    role = work.deployment.environment.account.deploy_role_arn.rsplit("/", 1)[-1]
    if identity["account"] != expected or f"/{role}/" not in identity["arn"]:
        return Failed(
            f"We are {identity['arn']}, not {role} in {expected}.", code="wrong_account", changed=False
        )
    with transaction.atomic():
        journal.fence(work.deployment)
        Deployment.objects.filter(pk=work.deployment.pk).update(aws_identity=identity)
        work.deployment.aws_identity = identity
        journal.log(work.deployment, [f"Acting as {identity['arn']}"], now())
    return Poll("Acting in the right account.", after=0)


def _cancelled(work: Work, step: Step) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        journal.set_step(step, StepState.SKIPPED, at, "Cancelled before anything was changed.")
        transition(
            work.deployment, State.CANCELLED, actor=work.actor, at=at, why=work.deployment.cancel_reason
        )
    return NOW


def _verify_next(work: Work, step: Step, state: StepState, detail: str) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        journal.set_step(step, state, at, detail)
        if work.deployment.state == State.UNCERTAIN:
            transition(
                work.deployment, State.RUNNING, actor=work.actor, at=at, why="AWS has been read; it is done."
            )
        transition(work.deployment, State.VERIFYING, actor=work.actor, at=at, reasons=[])
        journal.log(work.deployment, ["Changed. Testing."], at)
    return NOW


def _failed(work: Work, step: Step, failed: Failed) -> Again:
    if failed.undone:
        return ending.begin_rollback(work, step, failed.detail, aws_did_it=True)
    if failed.nothing_left or not failed.changed:
        return ending.fail(work, step, failed)
    return ending.begin_rollback(work, step, failed.detail)
