"""`POST /audit/exports` and what follows, over HTTP."""

import io

import pytest
from openpyxl import load_workbook

from deployments.actions.make_export import make_export
from deployments.models import Export
from kernel.clock import raw_now
from tests.teams.callers import Caller, as_application, as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path


def test_asked_made_and_taken(world):
    aude = as_person("aude")
    asked = aude.post(
        "/audit/exports", {"format": "jsonl", "environment": "prod", "from": "2020-01-01T00:00:00Z"}
    )
    assert asked.status_code == 202
    body = asked.json()
    place = asked["Location"]
    assert place == body["links"]["self"] == f"/api/v1/audit/exports/{body['id']}"
    assert (body["state"], body["format"], body["links"]["file"]) == ("queued", "jsonl", None)
    assert body["filter"] == {"environment": "prod", "since": "2020-01-01T00:00:00+00:00"}
    short = place.removeprefix("/api/v1")
    assert problem(aude.get(f"{short}/file"))[:2] == (409, "export_not_ready")
    make_export(body["id"], worker="w:1")
    done = aude.get(short).json()
    assert (done["state"], done["rows"], done["links"]["file"]) == ("done", 1, f"{place}/file")
    file = aude.get(f"{short}/file")
    assert (file.status_code, file["Content-Type"], file["Cache-Control"]) == (
        200,
        "application/x-ndjson",
        "no-store",
    )
    assert file["Content-Disposition"] == f'attachment; filename="deployments-{body["id"]}.jsonl"'
    assert len(b"".join(file.streaming_content)) == done["size"]
    assert only_event("export.downloaded")["data"]["digest"] == done["digest"]
    Export.objects.update(expires_at=raw_now())
    assert aude.get(short).json()["state"] == "expired"
    assert problem(aude.get(f"{short}/file"))[:2] == (410, "export_expired")


def test_a_caller_sees_its_own_and_nobody_elses(world):
    for caller in (as_person("aude"), as_person("dana"), as_application()):
        made = caller.post("/audit/exports", {}).json()["id"]
        assert [item["id"] for item in caller.get("/audit/exports").json()["items"]] == [made]
        for path in (f"/audit/exports/{made}", f"/audit/exports/{made}/file"):
            assert problem(as_person("rita", roles=["release_manager"]).get(path))[:2] == (404, "not_found")
            assert problem(Caller().get(path))[:2] == (401, "not_authenticated")
    seen = [row.filters["applications"] for row in Export.objects.order_by("id")]
    assert seen == [None, ["payments"], ["payments"]]


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"format": "pdf"}, "invalid_choice", "/format"),
        ({"columns": "all"}, "unknown_field", "/columns"),
        ({"from": "2026-01-01T00:00:00"}, "offset_required", "/from"),
        ({"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}, "range_invalid", "/to"),
        ({"break_glass": "perhaps"}, "not_a_boolean", "/break_glass"),
    ],
)
def test_a_wrong_question_is_422_and_nothing_is_made(world, body, code, pointer):
    assert problem(as_person("aude").post("/audit/exports", body)) == (422, code, [pointer])
    assert (Export.objects.count(), events("export.requested")) == (0, [])


def test_an_identical_request_with_its_key_is_one_export(world):
    aude = as_person("aude")
    first, second = (aude.post("/audit/exports", {}, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.json()["id"], second["Location"]) == (second.json()["id"], first["Location"])
    assert Export.objects.count() == 1


@pytest.mark.parametrize("kind", ["csv", "jsonl", "xlsx"])
def test_more_rows_than_the_limit_are_not_streamed_and_the_way_is_named(world, settings, kind):
    aude = as_person("aude")
    settings.EXPORT_ROWS = 5
    assert aude.get(f"/audit/deployments.{kind}").status_code == 200
    settings.EXPORT_ROWS = 4
    answer = aude.get(f"/audit/deployments.{kind}")
    assert problem(answer)[:2] == (409, "export_too_large")
    body = answer.json()
    assert (body["rows"], body["limit"]) == (5, 4)
    assert f'POST /api/v1/audit/exports {{"format": "{kind}"}}' == body["how_to"]
    assert len(events("export.made")) == 1
    assert aude.get(f"/audit/deployments.{kind}?environment=prod").status_code == 200


def test_the_workbook_is_a_file_of_its_own_type_and_needs_a_login(world):
    answer = as_person("aude").get("/audit/deployments.xlsx?environment=prod")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"] == 'attachment; filename="deployments.xlsx"'
    book = load_workbook(io.BytesIO(answer.getvalue()), read_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    assert rows[0][0] == "# Release Gate: deployment history"
    assert [row[3] for row in rows[7:]] == ["prod"]
    assert events("export.made")[0]["data"] == {"format": "xlsx", "rows": 1, "filter": ["environment"]}
    assert problem(Caller().get("/audit/deployments.xlsx"))[:2] == (401, "not_authenticated")
