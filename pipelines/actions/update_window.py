"""Change when deployment is allowed."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import NotFound
from pipelines.calendar_rules import WINDOW_FIELDS, as_data, as_private, check_window, moved, place_of
from pipelines.models import Window
from pipelines.queries import windows


@transaction.atomic
def update_window(*, actor: Actor, window_id: str, version: int, changes: dict) -> Window:
    """The window with `changes` (any of WINDOW_FIELDS) applied to its `version`.

    Without a difference nothing is written. Records `window.changed` with before and after.
    Raises Forbidden; NotFound, also when it is archived; Invalid 422; Conflict 409 `version_conflict`.
    """
    require(actor, Permission.CALENDAR_MANAGE)
    window = windows().filter(pk=window_id).first()
    if window is None:
        raise NotFound()
    if window.version != version:
        raise moved(window.version)
    before = {field: getattr(window, field) for field in WINDOW_FIELDS}
    before_data = as_data(window)
    for field in WINDOW_FIELDS:
        setattr(window, field, changes.get(field, before[field]))
    check_window(window, now())
    values = {field: getattr(window, field) for field in WINDOW_FIELDS}
    if values == before:
        return window
    if not windows().filter(pk=window_id, version=version).update(**values, version=version + 1):
        raise moved(version + 1)
    window.version = version + 1
    append(
        kind="window.changed",
        actor=actor,
        subject=f"window:{window.pk}",
        data={"change": "edited", "before": before_data, "after": as_data(window)},
        private=as_private(window),
        **place_of(window),
    )
    return window
