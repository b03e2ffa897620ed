"""The history leaves the house: complete, neutral, and on record."""

import csv
import json
from datetime import timedelta

import pytest

from audit.models import AuditEvent
from deployments.actions.export_history import export_history
from deployments.exports.columns import NAMES, Filters
from deployments.models import History
from kernel.clock import now
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def take(world, kind="csv", **filters) -> str:
    stream = export_history(actor=world.actor("aude"), filters=Filters(**filters), kind=kind)
    return b"".join(stream).decode()


def test_csv_has_a_header_that_says_what_was_asked_and_a_row_for_each_deployment():
    world = World()
    deployment, _ = world.waiting()
    text = take(world, environment="prod")
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert "# rows: 1" in comments
    assert any("environment=prod" in line for line in comments)
    rows = list(csv.DictReader(line for line in text.splitlines() if not line.startswith("#")))
    assert [row["deployment"] for row in rows] == [deployment.pk]
    assert tuple(rows[0]) == NAMES
    assert rows[0]["approvals"] == "none yet"
    assert rows[0]["aws_identity"] == "not recorded"
    assert AuditEvent.objects.filter(kind="export.made").count() == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_neutralised(start):
    world = World()
    world.waiting()
    History.objects.update(reason=f"{start}HYPERLINK(1)")
    lines = "\n".join(line for line in take(world).split("\r\n") if not line.startswith("#"))
    assert f"'{start}HYPERLINK(1)" in lines


def test_json_lines_keep_the_text_as_it_is():
    world = World()
    world.waiting()
    History.objects.update(reason="=1+1")
    lines = [json.loads(line) for line in take(world, "jsonl").splitlines()]
    assert lines[0]["export"]["rows"] == "1"
    assert lines[1]["reason"] == "=1+1"


def test_a_range_that_ends_before_it_begins_is_refused_and_not_recorded():
    world = World()
    with pytest.raises(Refusal) as caught:
        take(world, since=now(), until=now() - timedelta(days=1))
    assert caught.value.code == "range_invalid"
    assert not AuditEvent.objects.filter(kind="export.made").exists()


def test_only_visible_applications_are_in_it():
    world = World()
    world.waiting()
    assert "dep_" not in take(world, applications=frozenset({"other"}))
