"""Change an environment; a change of its gate makes a new gate version."""

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid
from pipelines.environment_rules import FIELDS, as_data, environment_errors, unsatisfiable
from pipelines.errors import refuse
from pipelines.gates import complete
from pipelines.models import Account, Environment
from pipelines.queries import find_account, get_environment

CHANGEABLE = ("account", *FIELDS)


@transaction.atomic
def update_environment(*, actor: Actor, name: str, version: int, changes: dict) -> Environment:
    """The environment with `changes` (any of CHANGEABLE) applied to its `version`; a gate is replaced as a
    whole.

    A change of the gate raises `gate_version`, which voids what was approved under the old one. Without a
    difference nothing is written. Records `config.changed` with before and after.
    Raises Forbidden, NotFound; Invalid 422 as create_environment, `unknown_field`; Conflict 409
    `version_conflict`.
    """
    require(actor, Permission.ENVIRONMENT_MANAGE)
    environment = get_environment(actor, name)
    before, gate_before = as_data(environment), environment.gate
    if environment.version != version:
        raise _moved(environment.version)
    _apply(environment, changes)
    errors = environment_errors(environment)
    if errors:
        raise Invalid(errors=errors)
    unsatisfiable(environment)
    after = as_data(environment)
    if after == before:
        return environment
    if environment.gate != gate_before:
        environment.gate_version += 1
    _write(environment, version)
    append(
        kind="config.changed",
        actor=actor,
        subject=f"environment:{name}",
        environment=name,
        data={"before": before, "after": after},
    )
    return environment


def _apply(environment: Environment, changes: dict) -> None:
    for field, value in changes.items():
        if field not in CHANGEABLE:
            raise refuse(f"/{field}", "unknown_field", "This cannot be changed.")
        if field == "account":
            accounts = Account.objects.filter(archived_at__isnull=True)
            environment.account = find_account(accounts, value)
        elif field != "gate":
            setattr(environment, field, value)
    if "gate" in changes:
        environment.gate = complete(changes["gate"], protected=environment.protected)


def _write(environment: Environment, version: int) -> None:
    values = {field: getattr(environment, field) for field in (*CHANGEABLE, "gate_version")}
    try:
        with transaction.atomic():
            changed = Environment.objects.filter(pk=environment.pk, version=version).update(
                **values, version=version + 1
            )
    except IntegrityError as error:  # another environment took the rank in the meantime
        raise refuse("/rank", "rank_taken", "Another environment has this rank.") from error
    if not changed:
        raise _moved(None)
    environment.version = version + 1


def _moved(current: int | None) -> Conflict:
    return Conflict(
        "Somebody changed it in the meantime: read it again.",
        code="version_conflict",
        **({} if current is None else {"version": current}),
    )
