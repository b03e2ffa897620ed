"""A place to deploy to."""

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid
from pipelines.environment_rules import LANES, OVERDUE, as_data, environment_errors, unsatisfiable
from pipelines.gates import complete
from pipelines.models import Account, Environment
from pipelines.queries import find_account
from teams.names import check_name


@transaction.atomic
def create_environment(
    *,
    actor: Actor,
    name: str,
    account: str,
    region: str,
    rank: int,
    protected: bool = False,
    default_open: bool | None = None,
    gate: dict | None = None,
    lane: str = LANES[0],
    previews: bool = False,
    tier: str = "",
    break_glass: int = 1,
    overdue_review: str = OVERDUE[0],
) -> Environment:
    """A new environment in `account` (12 digits, `acc_…` or alias). `default_open` None: open, protected ones
    closed. `gate`: see pipelines.gates.complete. Records `config.changed`.

    Raises Forbidden; Invalid 422 `name_invalid` and those of pipelines.environment_rules; Conflict 409
    `already_exists`.
    """
    require(actor, Permission.ENVIRONMENT_MANAGE)
    check_name(name)
    environment = Environment(
        name=name,
        account=find_account(Account.objects.filter(archived_at__isnull=True), account),
        region=region,
        rank=rank,
        tier=tier,
        protected=protected,
        default_open=not protected if default_open is None else default_open,
        gate=complete(gate, protected=protected),
        lane=lane,
        previews=previews,
        break_glass=break_glass,
        overdue_review=overdue_review,
        created_at=now(),
    )
    _check(environment)
    _insert(environment)
    data = {"before": None, "after": as_data(environment)}
    append(kind="config.changed", actor=actor, subject=f"environment:{name}", environment=name, data=data)
    return environment


def _check(environment: Environment) -> None:
    errors = environment_errors(environment)
    if errors:
        raise Invalid(errors=errors)
    unsatisfiable(environment)


def _insert(environment: Environment) -> None:
    if Environment.objects.filter(pk=environment.pk).exists():
        raise Conflict("There is an environment of this name.", code="already_exists")
    try:
        with transaction.atomic():
            environment.save(force_insert=True)
    except IntegrityError as error:  # another request was faster
        raise Conflict("There is an environment of this name or rank.", code="already_exists") from error
