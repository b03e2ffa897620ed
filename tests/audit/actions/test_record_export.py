"""Taking data away leaves a trace."""

import json

import pytest

from audit.actions.record_export import record_export
from audit.models import Opening
from tests import people


@pytest.mark.django_db
def test_an_export_is_recorded_without_showing_whom_it_was_about():
    aude = people.auditor()
    event = record_export(
        actor=aude, name="events.jsonl", filters={"actor": "dana", "kind": None, "from": "2026"}
    )
    body = json.loads(bytes(event.body))
    assert (body["kind"], body["subject"], body["actor"]["id"]) == (
        "export.made",
        "export:events.jsonl",
        "per_aude",
    )
    assert body["data"] == {"format": "jsonl", "filtered_by": ["actor", "from"]}
    assert b"dana" not in bytes(event.body)
    assert Opening.objects.get(event=event, field="filters").value == "actor=dana&from=2026"
