"""What the audit log holds, in words that a test compares."""

import json

from django.db import connection
from django.db.models.expressions import RawSQL

from audit.models import AuditEvent, Opening


def in_order(**filters):
    """The events as they were written: SQLite's clock has milliseconds only, but it numbers its rows."""
    events = AuditEvent.objects.filter(**filters)
    if connection.vendor == "sqlite":
        return events.order_by(RawSQL("audit_auditevent.rowid", ()))
    return events.order_by("at", "id")


def kinds(**filters) -> list[str]:
    """The kinds of the events, oldest first."""
    return list(in_order(**filters).values_list("kind", flat=True))


def bodies(kind: str) -> list[dict]:
    """The bodies of the events of one kind, oldest first."""
    return [json.loads(bytes(event.body)) for event in in_order(kind=kind)]


def body(kind: str) -> dict:
    """The body of the only event of this kind."""
    (found,) = bodies(kind)
    return found


def opened(event_id: str) -> dict[str, str]:
    """What the event's commitments stand for."""
    return dict(Opening.objects.filter(event=event_id).values_list("field", "value"))
