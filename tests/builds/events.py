"""What the audit log holds, in words that a test compares."""

import json

from audit.models import AuditEvent, Opening


def kinds(**filters) -> list[str]:
    """The kinds of the events, oldest first."""
    return list(AuditEvent.objects.filter(**filters).order_by("id").values_list("kind", flat=True))


def bodies(kind: str) -> list[dict]:
    """The bodies of the events of one kind, oldest first."""
    return [json.loads(bytes(event.body)) for event in AuditEvent.objects.filter(kind=kind).order_by("id")]


def body(kind: str) -> dict:
    """The body of the only event of this kind."""
    (found,) = bodies(kind)
    return found


def opened(event_id: str) -> dict[str, str]:
    """What the event's commitments stand for."""
    return dict(Opening.objects.filter(event=event_id).values_list("field", "value"))
