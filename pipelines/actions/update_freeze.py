"""Change when deployment is not allowed."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import NotFound
from pipelines.calendar_rules import FREEZE_FIELDS, as_data, as_private, check_freeze, moved, place_of
from pipelines.models import Freeze
from pipelines.queries import freezes


@transaction.atomic
def update_freeze(*, actor: Actor, freeze_id: str, version: int, changes: dict) -> Freeze:
    """The freeze with `changes` (any of FREEZE_FIELDS) applied to its `version`.

    Without a difference nothing is written. Records `freeze.changed` with before and after.
    Raises Forbidden; NotFound, also when it is archived; Invalid 422; Conflict 409 `version_conflict`.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    freeze = freezes().filter(pk=freeze_id).first()
    if freeze is None:
        raise NotFound()
    if freeze.version != version:
        raise moved(freeze.version)
    before = {field: getattr(freeze, field) for field in FREEZE_FIELDS}
    before_data = as_data(freeze)
    for field in FREEZE_FIELDS:
        setattr(freeze, field, changes.get(field, before[field]))
    check_freeze(freeze, now())
    values = {field: getattr(freeze, field) for field in FREEZE_FIELDS}
    if values == before:
        return freeze
    if not freezes().filter(pk=freeze_id, version=version).update(**values, version=version + 1):
        raise moved(version + 1)
    freeze.version = version + 1
    append(
        kind="freeze.changed",
        actor=actor,
        subject=f"freeze:{freeze.pk}",
        data={"change": "edited", "before": before_data, "after": as_data(freeze)},
        private=as_private(freeze),
        **place_of(freeze),
    )
    return freeze
