"""`GET /audit/deployments.csv` and `.jsonl` over HTTP."""

import csv
import io
import json

import pytest

from audit.queries import last_checkpoint
from deployments.exports.columns import NAMES
from deployments.models import History
from kernel.clock import now
from pipelines.models import Environment
from tests.audit.log import seal
from tests.teams.callers import Caller, as_application, as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def text_of(answer) -> str:
    return b"".join(answer.streaming_content).decode()


def rows_of(text: str) -> list[dict]:
    lines = [line for line in text.splitlines(keepends=True) if not line.startswith("#")]
    return list(csv.DictReader(io.StringIO("".join(lines), newline="")))


def test_the_csv_has_every_deployment_oldest_first_and_says_what_it_is(world):
    world.approved()
    answer = as_person("aude").get("/audit/deployments.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="deployments.csv"'
    assert answer["Cache-Control"] == "no-store"
    text = text_of(answer)
    assert text.startswith(
        "# Release Gate: deployment history\r\n# filter: none: the whole history\r\n# rows: 6\r\n"
    )
    assert "by aude" in text
    rows = rows_of(text)
    assert list(rows[0]) == list(NAMES)
    assert [row["deployment"] for row in rows] == list(
        History.objects.order_by("requested_at", "deployment").values_list("pk", flat=True)
    )
    assert rows[-1]["approvals"].startswith("rita (release-managers) approve 20")
    assert "omar (payments-owners) approve" in rows[-1]["approvals"]


def test_the_export_is_an_event_with_its_filter_and_count(world):
    text_of(as_person("aude").get("/audit/deployments.csv?environment=prod&state=succeeded"))
    event = only_event("export.made")
    assert event["data"] == {"format": "csv", "rows": 1, "filter": ["environment", "state"]}


def test_jsonl_is_one_object_per_line(world):
    answer = as_person("aude").get("/audit/deployments.jsonl?environment=prod")
    assert answer["Content-Type"] == "application/x-ndjson"
    about, row = [json.loads(line) for line in text_of(answer).splitlines()]
    assert about["export"]["rows"] == "1"
    assert (row["environment"], row["version"], row["break_glass"]) == ("prod", "1.0.0", False)


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_a_caller_gets_what_the_caller_sees(world, kind):
    assert "payments" not in text_of(as_person("zoe").get(f"/audit/deployments.{kind}"))
    assert "1.1.0" in text_of(as_person("dana").get(f"/audit/deployments.{kind}"))
    assert "1.1.0" in text_of(as_application().get(f"/audit/deployments.{kind}"))


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "range_invalid", "?to"),
        ("?from=2026-02-01T00:00:00", "offset_required", "?from"),
        ("?break_glass=maybe", "parameter_invalid", "?break_glass"),
        ("?columns=all", "unknown_parameter", "?columns"),
    ],
)
def test_a_wrong_question_is_422_and_no_export(world, query, code, pointer):
    answer = as_person("aude").get(f"/audit/deployments.csv{query}")
    assert problem(answer) == (422, code, [pointer])
    assert events("export.made") == []


def test_nothing_leaves_without_signing_in(world):
    assert problem(Caller().get("/audit/deployments.csv"))[:2] == (401, "not_authenticated")
    assert events("export.made") == []


def test_filters_narrow_what_leaves(world):
    aude = as_person("aude")
    rows = rows_of(text_of(aude.get("/audit/deployments.csv?application=payments&account=222222222222")))
    assert [(row["environment"], row["version"]) for row in rows] == [
        ("staging", "1.0.0"),
        ("staging", "1.1.0"),
    ]
    assert rows_of(text_of(aude.get("/audit/deployments.csv?break_glass=true"))) == []
    assert rows_of(text_of(aude.get("/audit/deployments.csv?to=2020-01-01T00:00:00Z"))) == []


def test_a_filter_cannot_write_lines_of_its_own(world):
    answer = as_person("aude").get("/audit/deployments.csv?requested_by=x%0D%0A=cmd()")
    lines = text_of(answer).splitlines()
    assert all(line.startswith("# ") for line in lines[:-1])
    assert lines[-1] == ",".join(NAMES)


def test_the_header_states_filter_count_zone_generator_and_how_far_the_log_went(world):
    seal()
    text = text_of(as_person("aude").get("/audit/deployments.csv?environment=prod"))
    comments = [line[2:] for line in text.splitlines() if line.startswith("# ")]
    checkpoint = last_checkpoint()
    assert comments[1:4] == ["filter: environment=prod", "rows: 1", "times: UTC"]
    assert comments[4].startswith("generated: 20")
    assert comments[4].endswith("Z by aude")
    assert comments[5] == f"log: {checkpoint.tree_size} leaves, root {bytes(checkpoint.root).hex()}"


def test_what_was_archived_since_is_still_in_it(world):
    Environment.objects.filter(pk="prod").update(archived_at=now())
    rows = rows_of(text_of(as_person("aude").get("/audit/deployments.csv?environment=prod")))
    assert [(row["environment"], row["version"]) for row in rows] == [("prod", "1.0.0")]
