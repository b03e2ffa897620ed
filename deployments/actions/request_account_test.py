"""Ask a worker of an account's pool to try the way in: only workers hold credentials."""

from datetime import timedelta

from django.db import transaction

from deployments.facts import pool_alive
from kernel.actor import Actor, require
from kernel.bell import ring
from kernel.clock import now, raw_now
from kernel.permissions import Permission
from kernel.refusals import Unavailable
from pipelines.models import ConnectionTest
from pipelines.queries import get_account

ANSWER_SECONDS = 25  # of waiting; longer than one sweep, shorter than a web server's patience


class PoolUnavailable(Unavailable):
    """Nobody could answer, so nothing is asked."""

    code = "pool_unavailable"
    title = "No worker of the account's pool is alive"


@transaction.atomic
def request_account_test(*, actor: Actor, account_id: str) -> ConnectionTest:
    """A row that a worker of the pool will answer, and a bell. `account_id`: 12 digits, `acc_…` id or alias.

    No event yet: the worker records `config.changed` with what it saw, in the name of `actor`.
    Raises Forbidden, NotFound, PoolUnavailable.
    """
    require(actor, Permission.ACCOUNT_MANAGE)
    account = get_account(actor, account_id)
    if not pool_alive(account.pool):
        raise PoolUnavailable(
            f"No worker of the pool {account.pool} is alive, so nobody who holds its credentials can try the way "
            f"into {account.alias}. Start one: manage.py worker --pool {account.pool}",
            pool=account.pool,
        )
    test = ConnectionTest.objects.create(
        account=account,
        asked_by=actor.as_record(),
        asked_at=now(),
        expires_at=raw_now() + timedelta(seconds=ANSWER_SECONDS),
    )
    ring("deployments.test_account", test.pk, queue=f"pool.{account.pool}")
    return test
