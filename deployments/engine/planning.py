"""Ask the target what would change, before anybody is asked for a word. Plan calls are no deployment mutations."""

import hashlib

import rfc8785
from django.db import transaction

from audit.actions.append import append
from deployments.engine import journal
from deployments.engine.drive import Moved, drive
from deployments.engine.staging import stage
from deployments.engine.work import NOW, Again, Work, context_for
from deployments.executor import Calls, Done, Progress
from deployments.models import Deployment, Step
from deployments.states import StepKind, StepState
from kernel.clock import now
from pipelines.actions.test_account import test_account

PLAN_SECONDS = 600


def basis(work: Work) -> str:
    """What the plan was computed from; when it changes the plan is computed again, and votes become void."""
    environment = work.deployment.environment
    account = environment.account
    facts = {
        "pipeline": work.pipeline.number,
        "account": [account.account_id, account.deploy_role_arn, environment.region],
        "parameters": work.deployment.parameters,
        "artifacts": sorted([a.name, a.digest] for a in work.deployment.release.build.artifacts.all()),
    }
    return "sha256:" + hashlib.sha256(rfc8785.dumps(facts)).hexdigest()


def plan_digest(result: dict) -> str:
    """SHA-256 over the state and the normalised changes (no ids, times or order)."""
    return (
        "sha256:"
        + hashlib.sha256(rfc8785.dumps({"state": result["state"], "changes": result["changes"]})).hexdigest()
    )


def tick(work: Work) -> Again:
    """One step towards a plan. Ends by writing it, or the reason why there is none."""
    deployment = work.deployment
    if deployment.environment.account.test_result is None:
        # Never proved: prove it before the first use, with calls that change nothing.
        test_account(
            actor=work.actor, account_id=deployment.environment.account.account_id, sessions=work.sessions
        )
        return NOW
    step = journal.step_of(deployment, StepKind.PLAN)
    moved = drive(work, step, lambda: _ask(work, step), lambda: work.session("plan"))
    if moved.done:
        _store(work, step, moved.done.result)
        return NOW
    if moved.failed or moved.stuck or _late(step):
        _fail(
            work, step, moved.failed.detail if moved.failed else moved.doubt or "AWS did not answer in time."
        )
        return NOW
    return moved.again


def _late(step: Step) -> bool:
    return step.started_at is not None and (now() - step.started_at).total_seconds() > PLAN_SECONDS


def _ask(work: Work, step: Step) -> Progress:
    staged = stage(work, work.deployment.release, work.session("plan"), work.prefix)
    if not isinstance(staged, Done):
        return staged
    return work.executor.plan(context_for(work, step, "plan"))


def _store(work: Work, step: Step, result: dict) -> None:
    digest = plan_digest(result)
    data = {**work.deployment.plan_data, "target": result.get("data", {}), "basis": basis(work), "detail": ""}
    columns = {
        "plan_state": result["state"],
        "plan_digest": digest,
        "plan_changes": result["changes"],
        "plan_data": data,
        "pipeline_version": work.pipeline,
    }
    with transaction.atomic():
        journal.fence(work.deployment)
        Deployment.objects.filter(pk=work.deployment.pk).update(**columns)
        for name, value in columns.items():
            setattr(work.deployment, name, value)
        number = len(result["changes"])
        changes = "1 change." if number == 1 else f"{number} changes."
        detail = "Nothing would change." if result["state"] == "none" else changes
        journal.set_step(step, StepState.DONE, now(), detail)
        append(
            kind="plan.computed",
            actor=work.actor,
            subject=f"deployment:{work.deployment.pk}",
            environment=work.deployment.environment_id,
            application=work.deployment.application_id,
            data={"state": result["state"], "digest": digest, "changes": len(result["changes"])},
        )


def _fail(work: Work, step: Step, detail: str) -> None:
    with transaction.atomic():
        journal.fence(work.deployment)
        data = {**work.deployment.plan_data, "failed": True, "detail": detail[:500]}
        Deployment.objects.filter(pk=work.deployment.pk).update(plan_data=data)
        work.deployment.plan_data = data
        journal.set_step(step, StepState.FAILED, now(), detail)


def forget(work: Work, why: str) -> None:
    """The plan is no longer what would happen: compute it again, under new names in AWS."""
    deployment = work.deployment
    with transaction.atomic():
        journal.fence(deployment)
        kept = {"staged": deployment.plan_data.get("staged", {})}
        columns = {
            "plan_state": "not_computed",
            "plan_digest": "",
            "plan_changes": [],
            "plan_data": kept,
            "plan_round": deployment.plan_round + 1,
        }
        Deployment.objects.filter(pk=deployment.pk).update(**columns)
        for name, value in columns.items():
            setattr(deployment, name, value)
        step = journal.step_of(deployment, StepKind.PLAN)
        journal.set_step(step, StepState.PENDING, now(), why, data={}, started_at=None, ended_at=None)
        journal.log(deployment, [f"The plan is computed again: {why}"], now())


def still_holds(work: Work) -> Moved | None:
    """Right before the start: is the plan in AWS still the one people saw? None: yes. Otherwise what to do."""
    step = journal.step_of(work.deployment, StepKind.PLAN)
    seen: list[Progress] = []

    def ask() -> Progress:
        progress = work.executor.plan(context_for(work, step, "plan"))
        seen.append(progress)
        # Reading only: what plan() would create again is not created here.
        return Done("read", {}) if isinstance(progress, Calls) else progress

    # What was approved stays approved while AWS does not let us look: a refusal here ends nothing.
    moved = drive(work, step, ask, lambda: work.session("plan"), changing=True)
    progress = seen[0] if seen else None
    if isinstance(progress, Done) and plan_digest(progress.result) == work.deployment.plan_digest:
        return None
    if progress is None or not (moved.done or moved.failed):
        return moved  # AWS could not be read: come back, start nothing
    forget(work, "what AWS would do is no longer what was planned")
    return Moved(again=NOW)
