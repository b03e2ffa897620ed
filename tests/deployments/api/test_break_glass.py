"""Break-glass over HTTP."""

import pytest

from tests.deployments.broken import WHY, broken, let_through
from tests.teams.callers import as_application, as_person, problem
from tests.teams.events import events

pytestmark = pytest.mark.django_db
BODY = {
    "application": "payments",
    "version": "1.1.0",
    "environment": "prod",
    "reason": WHY,
    "incident": "INC-7",
}


def test_it_answers_a_deployment_with_its_review(world):
    answer = as_person("rita").post("/break-glass", BODY)
    body = answer.json()
    assert (answer.status_code, body["break_glass"], body["state"]) == (202, True, "requested")
    assert answer["Location"] == f"/api/v1/deployments/{body['id']}"
    review = as_person("dana").get(f"/break-glass/{body['review']['id']}").json()
    assert (review["due_at"], review["opened_by"]) == (body["review"]["due_at"], "rita")
    assert as_person("dana").get(f"/deployments/{body['id']}").json()["review"]["id"] == review["id"]


@pytest.mark.parametrize("field", ["application", "version", "environment", "reason", "incident"])
def test_a_missing_field_is_422_and_nothing_happens(world, field):
    body = {name: value for name, value in BODY.items() if name != field}
    assert problem(as_person("rita").post("/break-glass", body))[::2] == (422, [f"/{field}"])
    assert events("break_glass.opened") == []


def test_a_machine_breaks_no_glass(world):
    assert problem(as_application().post("/break-glass", BODY))[:2] == (403, "forbidden")


def test_whoever_asked_for_it_does_not_review_it_and_the_attempt_is_on_record(world):
    row = broken(world)
    let_through(world, row)
    path = f"/break-glass/{row.pk}/review"
    assert problem(as_person("rita").post(path, {"finding": "Fine."}))[:2] == (403, "separation_of_duties")
    assert [event["outcome"] for event in events("break_glass.reviewed")] == ["denied"]
    assert problem(as_person("omar").post(path, {"finding": ""}))[:2] == (422, "finding_required")
    assert as_person("omar").post(path, {"finding": "Fine."}).status_code == 200
    assert problem(as_person("rosa").post(path, {"finding": "Fine."}))[:2] == (409, "already_reviewed")


def test_open_reviews_and_ones_own_can_be_listed(world):
    row = broken(world)
    assert [one["id"] for one in as_person("omar").get("/break-glass?state=open").json()["items"]] == [row.pk]
    assert as_person("omar").get("/break-glass?mine=true").json()["items"] == []
    assert len(as_person("rita").get("/break-glass?mine=true").json()["items"]) == 1
    assert as_person("zoe").get("/break-glass").json()["items"] == []
    assert as_person("zoe").get(f"/break-glass/{row.pk}").status_code == 404
    assert problem(as_person("omar").get("/break-glass?state=all"))[:2] == (422, "parameter_invalid")
