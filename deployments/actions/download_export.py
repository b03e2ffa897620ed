"""Take the file of a large export away: by whoever asked for it, while they may still see all that is in it."""

from pathlib import Path

from django.db import transaction

from audit.actions.append import append
from deployments.exports import store
from deployments.queries import get_export
from kernel.actor import Actor
from kernel.clock import raw_now
from kernel.refusals import Conflict, NotFound, Refusal
from pipelines.queries import visible_application_names


class NotReady(Conflict):
    code = "export_not_ready"
    title = "The export is not done"


class Expired(Refusal):
    status = 410
    code = "export_expired"
    title = "The export was kept for a day, and that is over"


@transaction.atomic
def download_export(*, actor: Actor, export_id: str) -> Path:
    """Where the file lies. Records `export.downloaded`. Raises NotFound, NotReady, Expired."""
    export = get_export(actor, export_id)
    inside, seen = export.filters["applications"], visible_application_names(actor)
    if seen is not None and (inside is None or not seen >= set(inside)):
        raise NotFound()
    if not export.digest:
        raise NotReady(export.problem or "A worker is still writing it. Ask again in a while.")
    path = store.place(export.pk, export.lease_epoch, export.format)
    if export.expires_at <= raw_now() or not path.exists():
        raise Expired("Ask for a new one: POST /api/v1/audit/exports")
    append(
        kind="export.downloaded",
        actor=actor,
        subject=f"export:{export.pk}",
        data={"format": export.format, "rows": export.rows, "digest": export.digest},
    )
    return path
