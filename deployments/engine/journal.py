"""Steps, log lines and intents: what a deployment leaves behind while it moves. Every write is fenced."""

import hashlib
from datetime import datetime

import rfc8785
from django.db import transaction
from django.db.models import F

from audit.actions.append import append
from deployments.models import Deployment, DeploymentLog, Intent, Step
from deployments.redaction import redact, redacted_lines
from deployments.states import IntentOutcome, StepKind, StepState
from kernel.actor import Actor
from kernel.refusals import LostRace

LINE_LIMIT = 4000  # characters kept of one log line


def fence(deployment: Deployment) -> None:
    """Inside a transaction: lock our row and make sure the lease is still ours (LostRace otherwise).

    An UPDATE, not SELECT FOR UPDATE: it takes the row lock on PostgreSQL and means the same on SQLite.
    """
    held = Deployment.objects.filter(pk=deployment.pk, lease_epoch=deployment.lease_epoch)
    if held.update(lease_epoch=F("lease_epoch")) != 1:
        raise LostRace


def tell_of_fence(deployment_id: str, epoch: int, worker: str) -> None:
    """Put on record that a worker came back after another had taken over its lease, and wrote nothing."""
    row = Deployment.objects.get(pk=deployment_id)
    with transaction.atomic():
        append(
            kind="deployment.fenced",
            actor=Actor.system("worker"),
            subject=f"deployment:{deployment_id}",
            environment=row.environment_id,
            application=row.application_id,
            outcome="denied",
            data={"epoch": epoch, "current": row.lease_epoch, "worker": worker},
        )


def not_cancelled(deployment: Deployment) -> None:
    """Under the fence's lock, before the first change: a cancel that was accepted this instant still counts."""
    if Intent.objects.filter(deployment=deployment, purpose="apply").exists():
        return
    if Deployment.objects.filter(pk=deployment.pk, cancel_requested_at__isnull=False).exists():
        raise LostRace


def step_of(deployment: Deployment, kind: StepKind) -> Step | None:
    return Step.objects.filter(deployment=deployment, kind=kind).order_by("-seq").first()


def set_step(step: Step, state: StepState, at: datetime, detail: str = "", **columns) -> None:
    """Write the step's state; starts and ends are stamped once, on the way."""
    if state in (StepState.RUNNING, StepState.WAITING) and step.started_at is None:
        columns["started_at"] = at
    if state in (StepState.DONE, StepState.FAILED, StepState.SKIPPED):
        columns.setdefault("ended_at", at)
        if step.started_at is None and state != StepState.SKIPPED:
            columns["started_at"] = at
    changed = {"state": state, "detail": redact(detail)[:2000], **columns}
    if all(getattr(step, name) == value for name, value in changed.items()):
        return
    Step.objects.filter(pk=step.pk).update(**changed)
    for name, value in changed.items():
        setattr(step, name, value)


def set_data(deployment: Deployment, step: Step, data: dict) -> None:
    """Replace the notes kept with the step; what it shows stays as it is."""
    with transaction.atomic():
        fence(deployment)
        Step.objects.filter(pk=step.pk).update(data=data)
        step.data = data


def log(deployment: Deployment, lines: list[str] | tuple[str, ...], at: datetime) -> None:
    """Append redacted lines, each stamped with the decision clock. A key that began in the piece before is
    still a key in this one."""
    last = DeploymentLog.objects.filter(deployment=deployment).order_by("-offset").first()
    offset = last.offset + len(last.text) if last else 0
    masked, in_key = redacted_lines(lines, in_key=last.in_key if last else False)
    if not masked:
        return
    text = "".join(f"{at:%Y-%m-%dT%H:%M:%SZ} {line[:LINE_LIMIT]}\n" for line in masked)
    DeploymentLog.objects.create(deployment=deployment, offset=offset, text=text, at=at, in_key=in_key)


def request_digest(call) -> str:
    """SHA-256 over the request as it will be sent, without its body (whose digest the parameters name)."""
    shape = {"api": call.api, "params": _plain(call.params), "token": call.token}
    return "sha256:" + hashlib.sha256(rfc8785.dumps(shape)).hexdigest()


def _plain(value):
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | bool) or value is None else str(value)


def intend(deployment: Deployment, step: Step, calls, at: datetime) -> list[Intent]:
    """Commit-ready intents for `calls`: the same token finds the same row again; `sends` counts the tries."""
    intents = []
    for call in calls:
        intent, _ = Intent.objects.get_or_create(
            deployment=deployment,
            token=call.token,
            defaults={
                "step": step,
                "attempt": step.attempt,
                "api": call.api,
                "purpose": call.purpose,
                "target": call.target[:500],
                "request_digest": request_digest(call),
                "epoch": deployment.lease_epoch,
                "created_at": at,
            },
        )
        Intent.objects.filter(pk=intent.pk).update(
            sends=F("sends") + 1, epoch=deployment.lease_epoch, outcome=IntentOutcome.PENDING
        )
        intent.sends += 1
        intents.append(intent)
    return intents


def record(intent: Intent, outcome: IntentOutcome, at: datetime, response: dict, request_id: str) -> None:
    Intent.objects.filter(pk=intent.pk).update(
        outcome=outcome, response=response, aws_request_id=request_id[:100], recorded_at=at
    )
