"""After the end: remove what the plan left unused in AWS (change sets, an empty REVIEW_IN_PROGRESS stack)."""

from django.db import transaction

from deployments.engine import journal
from deployments.engine.drive import drive
from deployments.engine.work import NOW, Again, Work, context_for
from deployments.models import Deployment, Intent, Step
from deployments.states import StepKind
from kernel.clock import now

RETRY_SECONDS = 60
SHOWN = ("state", "detail", "started_at", "ended_at")


def tick(work: Work) -> Again:
    """One round per plan there ever was; nothing was planned: nothing to remove."""
    deployment = work.deployment
    if work.stage is None or not Intent.objects.filter(deployment=deployment, purpose="plan").exists():
        return _cleaned(work)
    step = journal.step_of(deployment, StepKind.PLAN)
    clean_round = step.data.get("cleaned", 0) + 1
    prefix = f"rg-{deployment.pk.removeprefix('dep_')}-{clean_round}"
    before = {name: getattr(step, name) for name in SHOWN}
    moved = drive(
        work,
        step,
        lambda: work.executor.cleanup(context_for(work, step, "plan", prefix=prefix)),
        lambda: work.session("plan"),
    )
    _show_again(step, before)
    if moved.done:
        step.data["cleaned"] = clean_round
        Step.objects.filter(pk=step.pk).update(data=step.data)
        return NOW if clean_round < deployment.plan_round else _cleaned(work)
    if moved.failed:
        return Again(RETRY_SECONDS)
    return moved.again


def _show_again(step: Step, before: dict) -> None:
    """The plan step stays as it ended: cleaning up is not a part of the deployment that people follow."""
    Step.objects.filter(pk=step.pk).update(**before)
    for name, value in before.items():
        setattr(step, name, value)


def _cleaned(work: Work) -> Again:
    with transaction.atomic():
        journal.fence(work.deployment)
        Deployment.objects.filter(pk=work.deployment.pk).update(cleaned_at=now())
        work.deployment.cleaned_at = now()
    return Again(None)
