"""Carry out an executor's calls: intent committed → last lease check → call → outcome recorded, all fenced.

A crash between any two of these leaves an intent whose outcome is pending: the next tick reads AWS first, adopts
what is there, and only otherwise sends again, with the same token (product invariant 5).
"""

import re
from dataclasses import dataclass

from django.db import transaction

from audit.actions.append import append
from aws.errors import FaultKind, classify
from aws.session import AwsSession
from deployments import lease
from deployments.engine import journal
from deployments.engine.work import Work, cache
from deployments.executor import Call
from deployments.failpoints import reach
from deployments.models import Intent, Step
from deployments.redaction import redact
from deployments.states import IntentOutcome
from kernel.clock import now
from kernel.refusals import LostRace

MOST_SENDS = 8  # throttled or refused tries of one call before it counts as failed (E19)
MOST_AMBIGUOUS = 3  # lost answers of one call before a human decides
BATCH = 50  # calls per intent transaction
KEPT = ("StackId", "Id", "VersionId", "ETag")  # of an answer, for the record


@dataclass(frozen=True)
class Sent:
    """`worst` outcome of the calls; `code` and `message` of the first that was not done."""

    worst: IntentOutcome
    code: str = ""
    message: str = ""
    sends: int = 0
    throttled: bool = False


def given_up(deployment, calls: tuple[Call, ...]) -> str | None:
    """The first of `calls` that was sent so often without an answer that it is not sent again; None: none."""
    lost = Intent.objects.filter(
        deployment=deployment,
        token__in=[call.token for call in calls],
        outcome=IntentOutcome.AMBIGUOUS,
        sends__gte=MOST_AMBIGUOUS,
    )
    return lost.values_list("api", flat=True).first()


def send(work: Work, step: Step, calls: tuple[Call, ...], session: AwsSession) -> Sent:
    """Send all `calls`; stops at the first that is not done. LostRace when the lease was lost."""
    for start in range(0, len(calls), BATCH):
        batch = calls[start : start + BATCH]
        for call in batch:
            reach("before_intent", call.api, call.token)
        with transaction.atomic():
            journal.fence(work.deployment)
            if batch[0].purpose == "apply":
                journal.not_cancelled(work.deployment)
            intents = journal.intend(work.deployment, step, batch, work.at)
            _event(work, "aws.intended", intents)
        for call in batch:
            reach("after_intent", call.api, call.token)
        result = _batch(work, batch, intents, session)
        if result.worst != IntentOutcome.DONE:
            return result
    return Sent(IntentOutcome.DONE)


def adopt(work: Work) -> None:
    """Record what reading AWS just showed of calls whose answer never was: they were carried out."""
    seen, work.seen = dict(work.seen), {}
    if not seen:
        return
    with transaction.atomic():
        journal.fence(work.deployment)
        open_ones = Intent.objects.filter(
            deployment=work.deployment,
            token__in=seen,
            outcome__in=(IntentOutcome.PENDING, IntentOutcome.AMBIGUOUS),
        )
        intents = list(open_ones.order_by("created_at", "id"))
        if not intents:
            return
        at = now()
        for intent in intents:
            intent.outcome = IntentOutcome.DONE
            journal.record(intent, intent.outcome, at, {**seen[intent.token], "adopted": True}, "")
        done = Sent(IntentOutcome.DONE)
        _event(work, "aws.recorded", intents, done, adopted=True)


def _batch(work: Work, batch, intents: list[Intent], session: AwsSession) -> Sent:
    outcomes = []
    result = Sent(IntentOutcome.DONE)
    for call, intent in zip(batch, intents, strict=True):
        if not lease.still_held(work.deployment.pk, work.deployment.lease_epoch):
            raise LostRace
        outcome, response, request_id, result = _one(call, intent, session, work)
        reach("after_call", call.api, call.token)
        outcomes.append((intent, outcome, response, request_id))
        if outcome != IntentOutcome.DONE:
            break
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        for intent, outcome, response, request_id in outcomes:
            intent.outcome = outcome
            journal.record(intent, outcome, at, response, request_id)
        _event(work, "aws.recorded", [o[0] for o in outcomes], result)
        for call in batch[: len(outcomes)]:
            reach("before_commit", call.api, call.token)
    for call in batch:
        reach("after_record", call.api, call.token)
    return result


def _one(call: Call, intent: Intent, session: AwsSession, work: Work):
    """(outcome, kept response, AWS request id, Sent) of one call."""
    service, operation = call.api.split(".")
    params = dict(call.params)
    if call.token_field:
        params[call.token_field] = call.token
    if call.body is not None:
        params[call.body_field] = call.body
    try:
        answer = getattr(session.client(service), _snake(operation))(**params)
    except Exception as error:  # noqa: BLE001 - classify() knows every kind; what it does not know is ambiguous
        fault = classify(error)
        if fault.kind == FaultKind.EXPIRED:
            cache.drop(work.deployment.pk)
        throttled = fault.kind in (FaultKind.RETRYABLE, FaultKind.EXPIRED)
        response = {"code": fault.code, "message": redact(fault.message)[:500], "throttled": throttled}
        lost = fault.kind == FaultKind.AMBIGUOUS
        outcome = IntentOutcome.AMBIGUOUS if lost else IntentOutcome.REFUSED
        sent = Sent(outcome, fault.code, response["message"], intent.sends, throttled)
        return outcome, response, fault.request_id or "", sent
    meta = answer.get("ResponseMetadata", {})
    kept = {key: str(answer[key])[:300] for key in KEPT if key in answer}
    if "build" in answer:  # codebuild.StartBuild
        kept["build"] = str(answer["build"].get("id", ""))
    return IntentOutcome.DONE, kept, meta.get("RequestId", ""), Sent(IntentOutcome.DONE)


def _snake(operation: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", operation).lower()


def _event(work: Work, kind: str, intents: list[Intent], result: Sent | None = None, **more: bool) -> None:
    """One event per batch, before and after: each effect has an intent leaf before it and a result leaf after."""
    calls = [
        {"api": intent.api, "token": intent.token, "request": intent.request_digest}
        | ({"outcome": str(intent.outcome)} if result else {})
        for intent in intents
    ]
    append(
        kind=kind,
        actor=work.actor,
        subject=f"deployment:{work.deployment.pk}",
        environment=work.deployment.environment_id,
        application=work.deployment.application_id,
        outcome="allowed" if result is None or result.worst == IntentOutcome.DONE else "failed",
        data={"calls": calls, "account": work.deployment.environment.account.account_id, **more},
    )
