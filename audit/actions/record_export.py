"""Taking data away is itself an event."""

from django.db import transaction

from audit.actions.append import append
from audit.models import AuditEvent
from audit.tags import Kind
from kernel.actor import Actor


@transaction.atomic
def record_export(*, actor: Actor, name: str, filters: dict[str, str | int | None]) -> AuditEvent:
    """Append `export.made` for the export `name` (such as `events.jsonl`). What it was narrowed to may hold a
    username, so `filters` is committed as text, not written in the open. Raises AuditUnavailable."""
    given = {key: str(value) for key, value in sorted(filters.items()) if value is not None}
    text = "&".join(f"{key}={value}" for key, value in given.items())
    return append(
        kind=Kind.EXPORT_MADE,
        actor=actor,
        subject=f"export:{name}",
        data={"format": name.rsplit(".", 1)[-1], "filtered_by": sorted(given)},
        private={"filters": text},
    )
