"""Save a pipeline: every save makes an immutable version."""

import hashlib

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from pipelines.models import PipelineVersion
from pipelines.pipeline_rules import checked
from pipelines.queries import current_pipeline
from teams.queries import get_application


@transaction.atomic
def save_pipeline(*, actor: Actor, application: str, source: str, version: int | None) -> PipelineVersion:
    """The next version of the application's pipeline, from the YAML in `source`.

    `version`: the number it was made from; None or 0 where there is none yet. The source that is in force
    already makes no new version, because a new one would void approvals for nothing. Records
    `config.changed`. Raises Forbidden, NotFound; Invalid 422 as pipelines.pipeline_rules; Conflict 409
    `version_conflict`.
    """
    require(actor, Permission.PIPELINE_MANAGE)
    owner = get_application(actor, application)
    newest = current_pipeline(application)
    number = newest.number if newest else 0
    if (version or 0) != number:
        raise _moved(number)
    spec = checked(owner, source)
    if newest is not None and newest.source == source:
        return newest
    try:
        with transaction.atomic():
            saved = PipelineVersion.objects.create(
                application=owner,
                number=number + 1,
                source=source,
                spec=spec.as_dict(),
                edited_by=actor.tag,
                created_at=now(),
            )
    except IntegrityError as error:  # somebody saved at the same moment
        raise _moved(None) from error
    append(
        kind="config.changed",
        actor=actor,
        subject=f"pipeline:{application}",
        application=application,
        data={"before": _summary(newest), "after": _summary(saved)},
    )
    return saved


def _summary(version: PipelineVersion | None) -> dict | None:
    """What the event keeps; the version itself is never changed or deleted, and the digest proves which it
    was."""
    if version is None:
        return None
    paths = [path["environment"] for path in version.spec.get("expedited", ())]
    return {
        "version": version.number,
        "source": "sha256:" + hashlib.sha256(version.source.encode()).hexdigest(),
        "stages": [stage["environment"] for stage in version.spec["stages"]],
        **({"expedited": paths} if paths else {}),
    }


def _moved(current: int | None) -> Conflict:
    return Conflict(
        "This is not the newest version: read it again.",
        code="version_conflict",
        **({} if current is None else {"version": current}),
    )
