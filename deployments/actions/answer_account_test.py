"""A worker answers a request to try the way into an account; never one of another pool."""

from aws.session import Sessions
from kernel.actor import Actor
from kernel.clock import raw_now
from pipelines.actions.test_account import try_account
from pipelines.models import ConnectionTest


def answer_account_test(
    test_id: str, *, pools: tuple[str, ...] | None, worker: str, sessions: Sessions
) -> dict | None:
    """What AWS said, kept with the account and with the request. `pools`: those this process serves, None: all.

    None when there is nothing to do: answered, taken, too late, or of another pool. A worker that dies after
    taking it leaves the request unanswered; whoever waits is told so, and asks again.
    """
    open_ones = ConnectionTest.objects.filter(
        pk=test_id, taken_by="", answer__isnull=True, expires_at__gt=raw_now()
    )
    if pools is not None:
        open_ones = open_ones.filter(account__pool__in=pools)
    if open_ones.update(taken_by=worker) != 1:
        return None
    test = ConnectionTest.objects.select_related("account").get(pk=test_id)
    answer = try_account(test.account, actor=Actor.from_record(test.asked_by), sessions=sessions)
    # Too late for whoever waited? The account keeps what was seen all the same.
    ConnectionTest.objects.filter(pk=test_id, answer__isnull=True).update(answer=answer)
    return answer
