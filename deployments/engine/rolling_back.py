"""Going back to the last verified release, and testing that it stands: `rolled_back`, or `rollback_failed`."""

from dataclasses import replace

from django.db import transaction

from deployments.engine import ending, journal
from deployments.engine.doubt import settle_doubt
from deployments.engine.drive import Moved, drive
from deployments.engine.staging import stage
from deployments.engine.verifying import run_tests
from deployments.engine.work import NOW, STEP_SECONDS, Again, Work, context_for
from deployments.executor import Done, Progress
from deployments.models import Deployment, Step
from deployments.states import State, StepKind, StepState
from deployments.transition import transition
from kernel.clock import now
from pipelines.queries import stage_of


def tick(work: Work) -> Again:
    step = journal.step_of(work.deployment, StepKind.ROLLBACK)
    back_to = _target(step)
    if step.state != StepState.DONE:
        moved = drive(
            work, step, lambda: _ask(work, step, back_to), lambda: work.session("deploy"), changing=True
        )
        if moved.failed:
            return _end(work, State.ROLLBACK_FAILED, step, moved.failed.detail)
        if moved.done:
            with transaction.atomic():
                journal.fence(work.deployment)
                journal.set_step(step, StepState.DONE, now(), moved.done.detail)
            return settle_doubt(work, State.ROLLING_BACK, Moved(again=NOW))
        return settle_doubt(work, State.ROLLING_BACK, _overdue(step, moved))
    tests = journal.step_of(work.deployment, StepKind.TEST)
    verdict, again = run_tests(work, tests, back_to.release, State.ROLLING_BACK)
    if verdict is None:
        return again
    if verdict == "failed":
        return _end(
            work, State.ROLLBACK_FAILED, tests, f"The tests of {back_to.version} failed after going back."
        )
    return _end(work, State.ROLLED_BACK, None, f"Back at {back_to.version}.")


def _target(step: Step) -> Deployment:
    rows = Deployment.objects.select_related("release__application", "release__build", "pipeline_version")
    return rows.prefetch_related("release__build__artifacts").get(pk=step.data["to"])


def _ask(work: Work, step: Step, back_to: Deployment) -> Progress:
    prefix = f"{work.prefix}-rb"
    staged = stage(work, back_to.release, work.session("deploy"), prefix)
    if not isinstance(staged, Done):
        return staged
    context = context_for(work, step, "deploy", release=back_to.release, data=dict(step.data), prefix=prefix)
    return work.executor.rollback(
        replace(context, parameters=back_to.parameters, **_target_of(work, back_to))
    )


def _target_of(work: Work, back_to: Deployment) -> dict:
    """What ran there ran with its own parameters and its own version of the pipeline."""
    stage_then = stage_of(back_to.pipeline_version, work.deployment.environment_id)
    if stage_then is None or stage_then["target"]["kind"] != work.stage["target"]["kind"]:
        return {}
    return {"settings": {key: value for key, value in stage_then["target"].items() if key != "kind"}}


def _overdue(step: Step, moved: Moved) -> Moved:
    if moved.paused:
        return moved
    if step.started_at and (now() - step.started_at).total_seconds() > STEP_SECONDS:
        return Moved(doubt=moved.doubt or "AWS is still going back after four hours.", stuck=True)
    return moved


def _end(work: Work, to: State, step: Step | None, why: str) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        if step is not None:
            journal.set_step(step, StepState.FAILED, at, why)
        if work.deployment.state == State.UNCERTAIN:
            transition(work.deployment, State.ROLLING_BACK, actor=work.actor, at=at, why="AWS has been read.")
        transition(work.deployment, to, actor=work.actor, at=at, why=why)
        journal.log(work.deployment, [f"{to}: {why}"], at)
        ending.skip_rest(work.deployment, at)
    return NOW
