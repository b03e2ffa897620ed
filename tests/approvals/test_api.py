"""`GET /approvals` and `/approvals/{id}` over HTTP."""

import pytest

from approvals.models import ApprovalRequest
from tests.teams.callers import Caller, as_application, as_person, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    return world.asked()


def test_one_request_is_read_by_a_slot_holder(asked):
    answer = as_person("rita").get(f"/approvals/{asked.approval_id}")
    assert answer.status_code == 200
    body = answer.json()
    assert (body["id"], body["state"], body["subject"]["version"]) == (asked.approval_id, "open", "1.1.0")
    assert body["content_hash"] == asked.approval.content_hash


def test_the_applications_own_token_reads_it(asked):
    assert as_application().get(f"/approvals/{asked.approval_id}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/approvals/{id}", "/approvals/apr_00000000000000000000000000", "/approvals/x"]
)
def test_an_outsider_gets_the_404_of_what_does_not_exist(asked, path):
    answer = as_person("zoe").get(path.format(id=asked.approval_id))
    assert problem(answer) == (404, "not_found", [])


def test_without_a_token_nothing_is_shown(asked):
    assert problem(Caller().get(f"/approvals/{asked.approval_id}"))[:2] == (401, "not_authenticated")


def test_the_list_is_of_what_the_caller_sees(asked):
    assert [row["id"] for row in as_person("dave").get("/approvals").json()["items"]] == [asked.approval_id]
    assert as_person("zoe").get("/approvals").json() == {"items": [], "next": None}


def test_waiting_for_me_is_what_i_can_decide(asked):
    rita, dave = as_person("rita"), as_person("dave")
    assert [r["id"] for r in rita.get("/approvals?waiting_for=me").json()["items"]] == [asked.approval_id]
    assert dave.get("/approvals?waiting_for=me").json()["items"] == []


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("?waiting_for=rita", "parameter_invalid", "?waiting_for"),
        ("?mine=1", "unknown_parameter", "?mine"),
        ("?limit=201", "limit_invalid", "?limit"),
    ],
)
def test_a_wrong_parameter_is_named(asked, query, code, pointer):
    status, found, pointers = problem(as_person("rita").get(f"/approvals{query}"))
    assert (status, pointers) == (422, [pointer])
    assert found == code


def test_reading_with_a_parameter_that_is_unknown_is_refused(asked):
    assert problem(as_person("rita").get(f"/approvals/{asked.approval_id}?x=1"))[:2] == (
        422,
        "unknown_parameter",
    )


def test_pages_follow_each_other_without_gap(world, asked):
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    world.asked("1.2.0", "staging")
    rita = as_person("rita")
    first = rita.get("/approvals?limit=1").json()
    second = rita.get("/approvals" + first["next"].partition("/approvals")[2]).json()
    ids = [row["id"] for row in first["items"] + second["items"]]
    assert sorted(ids) == sorted(ApprovalRequest.objects.values_list("pk", flat=True))
    assert second["next"] is None


def test_the_same_again_is_304(asked):
    rita = as_person("rita")
    path = f"/approvals/{asked.approval_id}"
    tag = rita.get(path)["ETag"]
    assert rita.get(path, headers={"If-None-Match": tag}).status_code == 304
