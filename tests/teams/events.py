"""What a test may ask the audit log."""

import json

from audit.models import AuditEvent, Opening


def events(kind: str | None = None) -> list[dict]:
    """The recorded bodies, oldest first; with `kind`, only those."""
    rows = AuditEvent.objects.order_by("id")
    if kind:
        rows = rows.filter(kind=kind)
    return [json.loads(bytes(row.body)) for row in rows]


def only_event(kind: str) -> dict:
    """The one event of that kind."""
    (found,) = events(kind)
    return found


def openings(kind: str) -> dict[str, str]:
    """The private values of the newest event of that kind."""
    event = AuditEvent.objects.filter(kind=kind).order_by("-id").first()
    return dict(Opening.objects.filter(event=event).values_list("field", "value"))
