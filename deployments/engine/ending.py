"""How a started deployment ends when it did not work: fail, or go back to the last verified release."""

from django.db import transaction

from deployments.engine import journal
from deployments.engine.work import NOW, Again, Work
from deployments.executor import Failed
from deployments.models import Deployment, Lane, Step
from deployments.states import State, StepKind, StepState
from deployments.transition import transition
from kernel.clock import now


def last_verified(deployment: Deployment) -> Deployment | None:
    """The deployment (or baseline) whose release runs verified in this lane, if it is another release."""
    lane = (
        Lane.objects.filter(
            application_id=deployment.application_id, environment_id=deployment.environment_id
        )
        .select_related(
            "deployment__release__application", "deployment__release__build", "deployment__pipeline_version"
        )
        .first()
    )
    if lane is None or lane.deployment is None or lane.deployment.state != State.SUCCEEDED:
        return None
    return lane.deployment


def fail(work: Work, step: Step, failed: Failed) -> Again:
    """End as failed: nothing usable was changed, or there is nothing to go back to."""
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        journal.set_step(step, StepState.FAILED, at, failed.detail)
        _out_of_doubt(work, State.RUNNING, at)
        reasons = [
            {"code": failed.code, "text": failed.detail, "object": None, "until": None, "how_to_clear": None}
        ]
        transition(
            work.deployment,
            State.FAILED,
            actor=work.actor,
            at=at,
            why=failed.detail,
            data={"code": failed.code},
            reasons=reasons,
        )
        journal.log(work.deployment, [f"failed: {failed.detail}"], at)
        skip_rest(work.deployment, at)
    return NOW


def begin_rollback(work: Work, step: Step, why: str, *, aws_did_it: bool = False) -> Again:
    """Go back to the last verified release. Without one: failed, and it says so (E09)."""
    previous = last_verified(work.deployment)
    if previous is None:
        detail = f"{why} There is no verified release to go back to."
        return fail(work, step, Failed(detail, code="no_rollback_target"))
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        journal.set_step(step, StepState.FAILED, at, why)
        _out_of_doubt(work, _phase_of(step), at)
        transition(
            work.deployment,
            State.ROLLING_BACK,
            actor=work.actor,
            at=at,
            why=why,
            rolled_back_to=previous.version,
            data={"back_to": previous.version},
        )
        skip_rest(work.deployment, at)
        last = Step.objects.filter(deployment=work.deployment).order_by("-seq").first().seq
        state = StepState.DONE if aws_did_it else StepState.RUNNING
        detail = "AWS went back by itself." if aws_did_it else f"Going back to {previous.version}."
        new = Step.objects.create(deployment=work.deployment, seq=last + 1, kind=StepKind.ROLLBACK)
        journal.set_step(new, state, at, detail, data={"to": previous.pk})
        Step.objects.create(deployment=work.deployment, seq=last + 2, kind=StepKind.TEST)
        journal.log(work.deployment, [why, detail], at)
    return NOW


def _phase_of(step: Step) -> State:
    return State.VERIFYING if step.kind in (StepKind.TEST, StepKind.BAKE) else State.RUNNING


def _out_of_doubt(work: Work, phase: State, at) -> None:
    if work.deployment.state == State.UNCERTAIN:
        transition(work.deployment, phase, actor=work.actor, at=at, why="AWS has been read.")


def skip_rest(deployment: Deployment, at) -> None:
    """Steps that will never run are said to be skipped."""
    for step in Step.objects.filter(deployment=deployment, state=StepState.PENDING):
        journal.set_step(step, StepState.SKIPPED, at)
