"""Whoever may write to the database can empty a gate for an hour: the log still says what it was, and what started."""

import json
from datetime import datetime, timedelta

import pytest

from audit.models import AuditEvent
from cli.relgate import Broken, Rules
from pipelines.models import Environment

pytestmark = pytest.mark.django_db


def judged() -> Rules:
    """The whole log as the offline verifier reads it, with the environments configured an hour earlier."""
    rules = Rules(complete=True)
    for index, row in enumerate(AuditEvent.objects.order_by("at", "id")):
        body = json.loads(bytes(row.body))
        if body["kind"] == "config.changed":
            earlier = datetime.fromisoformat(body["at"]) - timedelta(hours=1)
            body["at"] = earlier.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        rules.see(index, body)
    return rules


def test_a_start_with_the_keys_of_its_gate_is_good_to_the_verifier(world):
    assert world.running().state == "running"
    assert judged().gated == 1


@pytest.mark.parametrize("left", [0, 1])
def test_a_start_under_a_gate_that_sql_weakened_is_not(world, left):
    row = Environment.objects.get(pk="prod")
    Environment.objects.filter(pk="prod").update(gate={**row.gate, "slots": row.gate["slots"][:left]})
    assert (world.running() if left else world.start(world.asked())).state == "running"
    with pytest.raises(Broken, match="not those of the gate"):
        judged()
