"""After the end: remove what the plan left unused in AWS (change sets, an empty REVIEW_IN_PROGRESS stack)."""

from django.conf import settings
from django.db import transaction

from audit.actions.append import append
from deployments.engine import journal
from deployments.engine.drive import drive, keep_notes
from deployments.engine.work import NOW, Again, Work, context_for
from deployments.models import Deployment, Intent, Step
from deployments.states import StepKind
from kernel.actor import Actor
from kernel.clock import now

RETRY_SECONDS = (
    60  # after the first try that AWS refused, doubled after each further one; times the time scale
)
MOST_TRIES = (
    8  # two hours: a role that was taken away for good does not come back, and nothing depends on this
)


def tick(work: Work) -> Again:
    """One round per plan there ever was; nothing was planned: nothing to remove."""
    deployment = work.deployment
    if work.stage is None or not Intent.objects.filter(deployment=deployment, purpose="plan").exists():
        return _cleaned(deployment)
    step = journal.step_of(deployment, StepKind.PLAN)
    clean_round = step.data.get("cleaned", 0) + 1
    prefix = f"rg-{deployment.pk.removeprefix('dep_')}-{clean_round}"
    # The plan step stays as it ended: cleaning up is not a part of the deployment that people follow.
    moved = drive(
        work,
        step,
        lambda: work.executor.cleanup(context_for(work, step, "plan", prefix=prefix)),
        lambda: work.session("plan"),
        settle=keep_notes,
    )
    if moved.done:
        journal.set_data(deployment, step, {**step.data, "cleaned": clean_round})
        return NOW if clean_round < deployment.plan_round else _cleaned(deployment)
    if moved.failed or moved.stuck:
        return _try_later(deployment, step, moved.failed.detail if moved.failed else moved.doubt)
    return moved.again


def _try_later(deployment: Deployment, step: Step, detail: str) -> Again:
    tries = step.data.get("clean_tries", 0) + 1
    if tries >= MOST_TRIES:
        return leave(deployment, detail)
    journal.set_data(deployment, step, {**step.data, "clean_tries": tries})
    return Again(RETRY_SECONDS * 2 ** (tries - 1) * settings.TIME_SCALE)


def leave(deployment: Deployment, detail: str) -> Again:
    """Give up, and say so once where people look for it: what lies there costs nothing, but is not ours to forget."""
    names = f"rg-{deployment.pk.removeprefix('dep_')}-*"
    account = deployment.environment.account.account_id
    with transaction.atomic():
        journal.fence(deployment)
        journal.log(deployment, [f"left over in AWS: {names} in account {account}. {detail}"], now())
        append(
            kind="aws.left_over",
            actor=Actor.system("worker"),
            subject=f"deployment:{deployment.pk}",
            environment=deployment.environment_id,
            application=deployment.application_id,
            outcome="failed",
            data={"account": account, "names": names},
        )
        return _cleaned(deployment)


def _cleaned(deployment: Deployment) -> Again:
    with transaction.atomic():
        journal.fence(deployment)
        deployment.cleaned_at = now()
        Deployment.objects.filter(pk=deployment.pk).update(cleaned_at=deployment.cleaned_at)
    return Again(None)
