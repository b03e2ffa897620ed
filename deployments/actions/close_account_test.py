"""Nobody answered in time: say so, once and for good. Nothing about the account is thereby known."""

from django.db import transaction

from audit.actions.append import append
from aws.connection import CHECKS
from kernel.actor import Actor
from pipelines.models import ConnectionTest

UNANSWERED = (
    "No worker of the pool {pool} answered within {seconds} seconds: the worker is busy, or AWS is slow"
)


@transaction.atomic
def close_account_test(test_id: str, *, seconds: int) -> dict:
    """The answer of this request: the worker's if there is one by now, else one in which all is unknown.

    Records `config.changed` as the worker would have. What the account keeps of earlier tests stays.
    """
    test = ConnectionTest.objects.select_related("account").get(pk=test_id)
    detail = UNANSWERED.format(pool=test.account.pool, seconds=seconds)
    checks = [{"name": name, "state": "unknown", "detail": detail} for name in CHECKS]
    answer = {"ok": False, "arn": None, "checks": checks}
    if ConnectionTest.objects.filter(pk=test_id, answer__isnull=True).update(answer=answer) != 1:
        return ConnectionTest.objects.values_list("answer", flat=True).get(pk=test_id)
    append(
        kind="config.changed",
        actor=Actor.from_record(test.asked_by),
        subject=f"account:{test.account_id}",
        outcome="failed",
        data={"change": "tested", "ok": False, "checks": dict.fromkeys(CHECKS, "unknown")},
    )
    return answer
