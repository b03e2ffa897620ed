"""Ask for an export of the history that is too large to be made while a client waits (requirement F06)."""

from django.db import transaction

from audit.actions.append import append
from deployments.actions.export_history import in_order
from deployments.exports.columns import Filters
from deployments.models import Export
from kernel.actor import Actor
from kernel.bell import ring
from kernel.clock import raw_now
from kernel.refusals import Conflict

MOST_KEPT = 10  # files of one caller, made or to be made; each goes a day after it was made


class TooManyExports(Conflict):
    code = "too_many_exports"
    title = "You have as many exports as are kept for one caller"


@transaction.atomic
def request_export(*, actor: Actor, filters: Filters, kind: str) -> Export:
    """A row that a worker of any pool will turn into a file, and a bell. Records `export.requested`.

    Raises Invalid when the range ends before it begins, TooManyExports.
    """
    in_order(filters)
    kept = Export.objects.filter(owner=actor.tag).exclude(expires_at__lte=raw_now()).count()
    if kept >= MOST_KEPT:
        raise TooManyExports(f"{kept} exports of yours are kept or being made. Each is kept for a day.")
    export = Export.objects.create(
        owner=actor.tag,
        asked_by=actor.as_record(),
        asked_at=raw_now(),
        format=kind,
        filters=filters.as_json(),
    )
    append(
        kind="export.requested",
        actor=actor,
        subject=f"export:{export.pk}",
        data={"format": kind, "filter": sorted(filters.conditions())},
    )
    ring("deployments.export", export.pk, queue="default")
    return export
