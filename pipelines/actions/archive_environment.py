"""Take an environment out of use; history keeps it (requirement B09)."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from pipelines.environment_rules import as_data
from pipelines.errors import wrong
from pipelines.models import Environment
from pipelines.queries import current_pipelines, get_environment, stage_of
from teams.names import check_reason


@transaction.atomic
def archive_environment(*, actor: Actor, name: str, reason: str) -> Environment:
    """The environment, archived: no pipeline can name it any more, and its rank is free.

    Records `config.changed`. Raises Forbidden; NotFound, also when it is archived; Invalid 422
    `reason_required`; Conflict 409 `referenced`, with every pipeline in force that still leads there.
    """
    require(actor, Permission.ENVIRONMENT_MANAGE)
    environment = get_environment(actor, name)
    reason = check_reason(reason)
    errors = [
        wrong(
            "", "referenced", f"The pipeline of {application} leads there.", object=f"pipeline:{application}"
        )
        for application, version in sorted(current_pipelines().items())
        if stage_of(version, name) is not None
    ]
    if errors:
        raise Conflict("It is still in use.", code="referenced", errors=errors)
    at = now()
    Environment.objects.filter(pk=name, archived_at__isnull=True).update(archived_at=at)
    append(
        kind="config.changed",
        actor=actor,
        subject=f"environment:{name}",
        environment=name,
        data={"change": "archived", "before": as_data(environment), "after": None},
        private={"reason": reason},
    )
    environment.archived_at = at
    return environment
