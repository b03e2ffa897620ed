"""After the end: remove what the plan left unused in AWS (change sets, an empty REVIEW_IN_PROGRESS stack)."""

from deployments.engine import journal
from deployments.engine.drive import drive
from deployments.engine.work import NOW, Again, Work, context_for
from deployments.models import Deployment, Intent
from deployments.states import StepKind
from django.db import transaction
from kernel.clock import now

RETRY_SECONDS = 60


def tick(work: Work) -> Again:
    """One round per plan there ever was; nothing was planned: nothing to remove."""
    deployment = work.deployment
    if work.stage is None or not Intent.objects.filter(deployment=deployment, purpose="plan").exists():
        return _cleaned(work)
    step = journal.step_of(deployment, StepKind.PLAN)
    clean_round = step.data.get("cleaned", 0) + 1
    prefix = f"rg-{deployment.pk.removeprefix('dep_')}-{clean_round}"
    kept = {**step.data}
    moved = drive(
        work,
        step,
        lambda: work.executor.cleanup(context_for(work, step, "plan", prefix=prefix)),
        lambda: work.session("plan"),
    )
    _keep_state(step, kept)
    if moved.done:
        step.data["cleaned"] = clean_round
        type(step).objects.filter(pk=step.pk).update(data=step.data)
        return NOW if clean_round < deployment.plan_round else _cleaned(work)
    if moved.failed:
        return Again(RETRY_SECONDS)
    return moved.again


def _keep_state(step, kept: dict) -> None:
    """The plan step stays as it ended; only notes may be added."""
    data = {**step.data, **{key: value for key, value in kept.items() if key in ("cleaned", "staged")}}
    type(step).objects.filter(pk=step.pk).update(data=data)
    step.data = data


def _cleaned(work: Work) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        Deployment.objects.filter(pk=work.deployment.pk).update(cleaned_at=now())
        work.deployment.cleaned_at = now()
    return Again(None)
