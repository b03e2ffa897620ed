"""Register an AWS account and the role we deploy through."""

import secrets

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid
from pipelines.arns import PARTITIONS, account_id_errors, region_errors, role_errors
from pipelines.errors import wrong
from pipelines.models import Account
from teams.names import check_name

FIELDS = ("account_id", "alias", "partition", "regions", "deploy_role_arn", "observe_role_arn", "pool")


@transaction.atomic
def create_account(
    *,
    actor: Actor,
    account_id: str,
    alias: str,
    regions: list[str],
    deploy_role_arn: str,
    pool: str,
    partition: str = "aws",
    observe_role_arn: str = "",
) -> Account:
    """A new account. Its external id is ours: random, one per account, so that no other customer of the same
    tools account can be made to act in it (the confused deputy of the AWS documentation).

    Records `config.changed`. Raises Forbidden; Invalid 422 `account_id_invalid`, `name_invalid` (alias,
    pool), `partition_invalid`, `region_invalid`, `arn_invalid`, `arn_account_mismatch`; Conflict 409
    `already_exists`.
    """
    require(actor, Permission.ACCOUNT_MANAGE)
    check_name(alias, pointer="/alias")
    check_name(pool, pointer="/pool")
    account = Account(
        account_id=account_id,
        alias=alias,
        partition=partition,
        regions=regions,
        deploy_role_arn=deploy_role_arn,
        observe_role_arn=observe_role_arn,
        pool=pool,
        external_id=secrets.token_urlsafe(32),
        created_at=now(),
    )
    _check(account)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("This account id or alias is registered.", code="already_exists") from error
    append(
        kind="config.changed",
        actor=actor,
        subject=f"account:{account.pk}",
        data={"before": None, "after": {field: getattr(account, field) for field in FIELDS}},
    )
    return account


def _check(account: Account) -> None:
    errors = account_id_errors(account.account_id) + region_errors(account.regions)
    if account.partition not in PARTITIONS:
        errors.append(wrong("/partition", "partition_invalid", f"Partitions are {', '.join(PARTITIONS)}."))
    if not errors:
        place = {"account_id": account.account_id, "partition": account.partition}
        errors = role_errors(account.deploy_role_arn, pointer="/deploy_role_arn", **place)
        if account.observe_role_arn:
            errors += role_errors(account.observe_role_arn, pointer="/observe_role_arn", **place)
    if errors:
        raise Invalid(errors=errors)
