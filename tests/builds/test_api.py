"""REST: reading builds and posting evidence. `POST /builds` is tested beside releases.api."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from builds.actions import attach_evidence as attaching
from builds.actions.attach_evidence import LIMIT_BYTES
from builds.actions.ingest import ingest
from builds.models import Build, Evidence
from tests import people
from tests.builds import events
from tests.builds.posts import COMMIT, DIGEST, post
from tests.teams.callers import Caller, as_application, as_person, problem

pytestmark = pytest.mark.django_db
GREEN = b'<testsuite name="u" tests="1"><testcase classname="a" name="one" time="0.5"/></testsuite>'


@pytest.fixture
def build():
    people.application("payments")
    return ingest(actor=people.ci(), post=post())[0]


def attach(caller, build_id, data=GREEN, headers=None, **form):
    parts = {"kind": "junit", "name": "unit", "file": SimpleUploadedFile("report.xml", data), **form}
    parts = {name: value for name, value in parts.items() if value is not None}
    return caller.client.post(f"/api/v1/builds/{build_id}/evidence", parts, headers=headers)


def test_a_build_is_answered_with_its_artifacts(build):
    answer = as_application().get(f"/builds/{build.pk}")
    assert answer.status_code == 200
    body = answer.json()
    assert body["links"] == {"html": "http://localhost:8000/releases/payments/1.0.0"}
    assert body["artifacts"][0] == {
        "name": "template",
        "kind": "cloudformation-template",
        "uri": "s3://artifacts/payments/1.0.0/template",
        "version_id": "v-template",
        "digest": DIGEST,
        "size": 1843,
        "state": "pending",
        "detail": None,
        "checked_at": None,
    }
    assert [artifact["name"] for artifact in body["artifacts"]] == ["template", "function", "tests"]
    assert (body["id"], body["application"], body["version"]) == (build.pk, "payments", "1.0.0")
    assert (body["state"], body["digest"], body["release"]) == ("received", build.digest, None)
    assert (body["commit"], body["branch"], body["warnings"]) == (COMMIT, "main", [])
    assert (body["withdrawn_at"], body["withdrawn_reason"]) == (None, None)
    assert "created" not in body


def test_what_was_not_supplied_is_warned_about():
    people.application("payments")
    bare = ingest(
        actor=people.ci(), post=post(commits=None, submitter=None, artifacts=post()["artifacts"][:1])
    )[0]
    body = as_application().get(f"/builds/{bare.pk}").json()
    assert [warning["code"] for warning in body["warnings"]] == [
        "commits_missing",
        "submitter_missing",
        "tests_missing",
    ]
    assert (body["commits"], body["submitter"]) == (None, None)


def test_missing_and_invisible_builds_get_the_same_answer(build):
    stranger = as_application("storefront")
    answers = [stranger.get(path) for path in (f"/builds/{build.pk}", "/builds/bld_nothing")]
    assert [problem(answer)[:2] for answer in answers] == [(404, "not_found"), (404, "not_found")]
    assert answers[0].json()["detail"] == answers[1].json()["detail"]


def test_without_a_token_there_is_nothing(build):
    assert problem(Caller().get(f"/builds/{build.pk}"))[:2] == (401, "not_authenticated")
    assert problem(Caller().get("/builds"))[:2] == (401, "not_authenticated")


def test_builds_are_listed_newest_first_page_by_page(build):
    for version in ("1.0.1", "1.0.2"):
        ingest(actor=people.ci(), post=post(version, branch="hotfix/1"))
    newest = list(Build.objects.order_by("-id").values_list("version", flat=True))
    caller = as_application()
    first = caller.get("/builds?application=payments&limit=2").json()
    assert [item["version"] for item in first["items"]] == newest[:2]
    following = caller.client.get(first["next"]).json()
    assert [item["version"] for item in following["items"]] == newest[2:]
    assert following["next"] is None
    hot = caller.get("/builds?branch=hotfix/1").json()
    assert {item["version"] for item in hot["items"]} == {"1.0.1", "1.0.2"}
    assert [item["version"] for item in caller.get("/builds?version=1.0.1").json()["items"]] == ["1.0.1"]


def test_a_list_costs_the_same_however_many_builds(build, django_assert_max_num_queries):
    for number in range(5):
        ingest(actor=people.ci(), post=post(f"2.{number}"))
    caller = as_application()
    with django_assert_max_num_queries(10):
        assert len(caller.get("/builds").json()["items"]) == 6


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [("colour=red", "unknown_parameter", "?colour"), ("limit=201", "limit_invalid", "?limit")],
)
def test_a_list_refuses_what_it_does_not_know(build, query, code, pointer):
    assert problem(as_application().get(f"/builds?{query}")) == (422, code, [pointer])


def test_a_report_is_taken(build):
    answer = attach(as_application(), build.pk)
    stored = Evidence.objects.get()
    assert answer.status_code == 201
    body = answer.json()
    assert (body["id"], body["kind"], body["name"]) == (stored.pk, "junit", "unit")
    assert (body["state"], body["verdict"], body["problems"]) == ("parsed", "pass", [])
    assert body["summary"] == {
        "tests": 1,
        "passed": 1,
        "failed": 0,
        "errors": 0,
        "skipped": 0,
        "duration": 0.5,
    }
    listed = as_application().get(f"/builds/{build.pk}/evidence").json()
    assert [item["id"] for item in listed["items"]] == [stored.pk]


def test_a_broken_report_is_refused_with_its_place_and_recorded(build, evidence_dir):
    answer = attach(as_application(), build.pk, b"<testsuite>\n<testcase>\n</testsuite>")
    assert problem(answer) == (422, "evidence_rejected", ["/file"])
    assert answer.json()["errors"][0]["line"] == 3
    assert Evidence.objects.count() == 0
    assert not evidence_dir.exists()
    event = events.body("evidence.refused")
    assert (event["outcome"], event["subject"]) == ("denied", f"build:{build.pk}")
    assert (event["data"]["code"], event["data"]["line"]) == ("evidence_rejected", 3)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "one"}])
def test_a_report_is_read_before_the_transaction_opens(build, monkeypatch, headers):
    inside, read = [], attaching.read

    def watched(*args):
        inside.append(connection.in_atomic_block)
        return read(*args)

    monkeypatch.setattr(attaching, "read", watched)
    assert attach(as_application(), build.pk, headers=headers).status_code == 201
    assert inside == [False]


def test_a_refused_report_is_answered_and_recorded_once_under_its_key(build):
    caller, headers = as_application(), {"Idempotency-Key": "one"}
    answers = [attach(caller, build.pk, b"<testsuite>", headers=headers) for _ in range(2)]
    assert [problem(answer)[:2] for answer in answers] == [(422, "evidence_rejected")] * 2
    assert events.kinds().count("evidence.refused") == 1


@pytest.mark.parametrize(
    ("form", "status", "pointers"),
    [
        ({"kind": "trust-me"}, 422, ["/kind"]),
        ({"kind": None}, 422, ["/kind"]),
        ({"name": None}, 422, ["/name"]),
        ({"file": None}, 422, ["/file"]),
        ({"file": "text, not a file"}, 422, ["/file"]),
        ({"colour": "red"}, 422, ["/colour"]),
    ],
)
def test_a_form_that_is_not_right_is_refused(build, form, status, pointers):
    answer = attach(as_application(), build.pk, **form)
    assert (answer.status_code, problem(answer)[2]) == (status, pointers)
    assert Evidence.objects.count() == 0


def test_too_large_a_file_is_413_and_nothing_is_kept(build, evidence_dir):
    answer = attach(as_application(), build.pk, b"x" * (LIMIT_BYTES + 1), kind="custom")
    assert problem(answer)[:2] == (413, "too_large")
    announced = attach(as_application(), build.pk, b"x" * (LIMIT_BYTES + 100_000), kind="custom")
    assert problem(announced)[:2] == (413, "too_large")
    assert Evidence.objects.count() == 0
    assert not evidence_dir.exists()


def test_evidence_for_another_applications_build_is_404(build):
    assert problem(attach(as_application("storefront"), build.pk))[:2] == (404, "not_found")
    assert Evidence.objects.count() == 0


def test_evidence_needs_its_scope_and_an_auditor_adds_none(build):
    for caller in (as_application(scopes=["read"]), as_person("aude", roles=["auditor"])):
        answer = attach(caller, build.pk)
        assert problem(answer)[:2] == (403, "forbidden")
    assert Evidence.objects.count() == 0


def test_json_is_not_a_form(build):
    answer = as_application().post(f"/builds/{build.pk}/evidence", {"kind": "junit"})
    assert answer.status_code == 415
    assert Evidence.objects.count() == 0
