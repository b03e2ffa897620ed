"""Events as lines."""

import json

import pytest

from audit.exports import events_jsonl
from audit.models import AuditEvent
from tests.audit.log import add


@pytest.mark.django_db
def test_each_event_is_one_line_with_sorted_keys(monkeypatch):
    monkeypatch.setattr(events_jsonl, "CHUNK", 2)
    made = add(5)
    events = AuditEvent.objects.order_by("id").prefetch_related("openings")
    rows = list(events_jsonl.stream(events, lambda event: {"b": "schön\n", "a": event.pk}))
    assert len(rows) == 5
    assert all(row.endswith(b"\n") and row.count(b"\n") == 1 for row in rows)
    assert rows[0].startswith(b'{"a":"evt_')
    assert "schön".encode() in rows[0]
    assert {json.loads(row)["a"] for row in rows} == {event.pk for event in made}


@pytest.mark.django_db
def test_no_events_give_no_lines():
    assert list(events_jsonl.stream(AuditEvent.objects.all(), lambda event: {})) == []
