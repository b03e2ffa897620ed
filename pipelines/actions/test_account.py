"""Try the way into an account, and keep what was seen."""

from django.db import transaction

from audit.actions.append import append
from aws.connection import test_connection
from aws.session import AwsTarget, Sessions
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.models import Account
from pipelines.queries import get_account


def test_account(*, actor: Actor, account_id: str, sessions: Sessions) -> dict:
    """{"ok", "arn", "checks": [{"name", "state", "detail"}]} as aws.connection says; stored with the account.

    `account_id`: its 12 digits, `acc_…` id or alias. AWS is asked before the transaction that keeps the
    answer, since it may take seconds. Records `config.changed` with the state of each check.
    Raises Forbidden, NotFound. AWS being out of reach is an answer (`unknown`), not an error.
    """
    require(actor, Permission.ACCOUNT_MANAGE)
    return try_account(get_account(actor, account_id), actor=actor, sessions=sessions)


def try_account(account: Account, *, actor: Actor, sessions: Sessions) -> dict:
    """The same for whom it was allowed before: a worker tries in the name of whoever asked."""
    answer = test_connection(sessions, target_of(account))
    with transaction.atomic():
        Account.objects.filter(pk=account.pk).update(test_result=answer, tested_at=now())
        append(
            kind="config.changed",
            actor=actor,
            subject=f"account:{account.pk}",
            data={
                "change": "tested",
                "ok": answer["ok"],
                "checks": {check["name"]: check["state"] for check in answer["checks"]},
            },
        )
    return answer


def target_of(account: Account) -> AwsTarget:
    """Where and how we enter the account, in its first region."""
    return AwsTarget(
        account_id=account.account_id,
        region=account.regions[0],
        role_arn=account.deploy_role_arn,
        external_id=account.external_id,
        partition=account.partition,
    )


# pytest would collect a function of that name from any module that imports it.
test_account.__test__ = False
