"""Take an AWS account out of use; history keeps it (requirement B09)."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from pipelines.errors import wrong
from pipelines.models import Account
from pipelines.queries import environments, get_account
from teams.names import check_reason


@transaction.atomic
def archive_account(*, actor: Actor, account_id: str, reason: str) -> Account:
    """The account (12 digits, `acc_…` or alias), archived: no environment can be put there any more.

    Records `config.changed`. Raises Forbidden; NotFound, also when it is archived; Invalid 422
    `reason_required`; Conflict 409 `referenced`, with every environment that is still in it.
    """
    require(actor, Permission.ACCOUNT_MANAGE)
    account = get_account(actor, account_id)
    reason = check_reason(reason)
    errors = [
        wrong("", "referenced", f"The environment {name} is in it.", object=f"environment:{name}")
        for name in environments().filter(account=account).values_list("pk", flat=True)
    ]
    if errors:
        raise Conflict("It is still in use.", code="referenced", errors=errors)
    at = now()
    Account.objects.filter(pk=account.pk, archived_at__isnull=True).update(archived_at=at)
    append(
        kind="config.changed",
        actor=actor,
        subject=f"account:{account.pk}",
        data={"change": "archived"},
        private={"reason": reason},
    )
    account.archived_at = at
    return account
