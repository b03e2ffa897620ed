"""Four eyes on configuration over HTTP: 202, then another administrator's word."""

import pytest

from pipelines.models import ConfigChange, Environment
from tests import people
from tests.pipelines import places, protected
from tests.teams.callers import Caller, as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db
WEAKER = {"version": 1, "gate": {"slots": [protected.WEAKER]}}
FREEZE = {
    "name": "Year end",
    "scope": {"environment": "prod"},
    "timezone": "UTC",
    "start": "2099-12-20T00:00:00",
    "end": "2100-01-04T00:00:00",
    "reason": "Nobody is here.",
    "contact": "rita",
}
PERSON = {"username": "mallory", "email": "m@acme.example", "name": "Mallory", "roles": ["administrator"]}


@pytest.fixture(autouse=True)
def _company():
    protected.company()


def _pending(answer) -> dict:
    assert answer.status_code == 202, answer.content
    return answer.json()["change"]


def test_a_gate_is_weakened_by_two_administrators():
    admin, iris = as_administrator(), as_administrator("iris")
    change = _pending(admin.patch("/environments/prod", WEAKER))
    assert (change["state"], change["proposed_by"], change["environments"]) == ("pending", "admin", ["prod"])
    assert {"pointer": "/gate/slots/1/group", "before": "@owners", "after": None} in change["diff"]
    assert len(admin.get("/environments/prod").json()["gate"]["slots"]) == 2
    path = f"/changes/{change['id']}"
    assert problem(admin.post(f"{path}/confirm", {}))[:2] == (403, "self_approval")
    confirmed = iris.post(f"{path}/confirm", {"reason": "Agreed"})
    assert confirmed.status_code == 200
    assert confirmed.json() == admin.get("/environments/prod").json()
    assert (confirmed.json()["version"], len(confirmed.json()["gate"]["slots"])) == (2, 1)
    kept = admin.get(path).json()
    assert (kept["state"], kept["decided_by"], kept["reason"]) == ("confirmed", "iris", "Agreed")
    assert problem(iris.post(f"{path}/confirm", {}))[:2] == (409, "change_closed")


def test_the_protection_is_taken_off_by_two_administrators_and_never_by_one():
    admin, iris = as_administrator(), as_administrator("iris")
    change = _pending(admin.patch("/environments/prod", {"version": 1, "protected": False}))
    assert change["diff"] == [{"pointer": "/protected", "before": True, "after": False}]
    assert admin.get("/environments/prod").json()["protected"] is True
    path = f"/changes/{change['id']}/confirm"
    assert problem(admin.post(path, {}))[:2] == (403, "self_approval")
    assert admin.get("/environments/prod").json()["protected"] is True
    assert iris.post(path, {}).json()["protected"] is False
    assert Environment.objects.get(pk="prod").protected is False


@pytest.mark.parametrize("call", ["post", "patch"])
def test_a_rank_that_is_taken_is_refused_and_nothing_changes(call):
    admin = as_administrator()
    ranks = dict(Environment.objects.values_list("name", "rank"))
    if call == "post":
        lab = {"name": "lab", "account": "dev", "region": "eu-west-1", "rank": ranks["prod"]}
        answer = admin.post("/environments", lab)
    else:
        answer = admin.patch("/environments/dev", {"version": 1, "rank": ranks["prod"]})
    assert problem(answer) == (422, "rank_taken", ["/rank"])
    assert dict(Environment.objects.values_list("name", "rank")) == ranks
    assert ConfigChange.objects.count() == 0


def test_a_moved_base_is_a_conflict():
    admin, iris = as_administrator(), as_administrator("iris")
    first = _pending(admin.patch("/environments/prod", WEAKER))
    other = _pending(admin.patch("/environments/prod", {"version": 1, "lane": "queue"}))
    assert iris.post(f"/changes/{other['id']}/confirm", {}).status_code == 200
    assert problem(iris.post(f"/changes/{first['id']}/confirm", {}))[:2] == (409, "version_conflict")


def test_every_way_in_waits_on_protected_ground_and_answers_the_object_once_confirmed():
    admin, iris = as_administrator(), as_administrator("iris")
    window = places.window()
    freeze = admin.post("/freezes", FREEZE)
    assert freeze.status_code == 201, "what only closes is in force at once"
    key = freeze.json()["id"]
    longer = {"version": 1, "end": "2100-02-01T00:00:00"}
    assert admin.patch(f"/freezes/{key}", longer).status_code == 200
    body = {"account": "prod", "region": "eu-west-1", "rank": 40, "protected": True}
    gate = {"slots": [protected.WEAKER]}
    put = {"source": places.source(environments=("prod",)), "version": 1}
    calls = [
        ("post", "/environments", {"name": "prod-eu", **body, "gate": gate}, {"name": "prod-eu"}),
        ("delete", "/environments/prod-eu?reason=Mistake", None, {"name": "prod-eu"}),
        ("put", "/pipelines/payments", put, {"version": 2}),
        ("patch", f"/windows/{window.pk}", {"version": 1, "duration": 60}, {"duration": 60}),
        ("delete", f"/windows/{window.pk}?reason=Old", None, {"id": window.pk}),
        ("patch", f"/freezes/{key}", {"version": 2, "end": "2099-12-27T00:00:00"}, {"version": 3}),
        ("delete", f"/freezes/{key}?reason=Over", None, {"id": key}),
        (
            "put",
            "/groups/payments-owners/members",
            {"members": ["omar", "dana"]},
            {"name": "payments-owners", "members": ["dana", "omar"]},
        ),
    ]
    for method, path, sent, expected in calls:
        change = _pending(getattr(admin, method)(path, sent))
        answer = iris.post(f"/changes/{change['id']}/confirm", {})
        assert answer.status_code == 200, (path, answer.content)
        assert expected.items() <= answer.json().items(), path


def test_elsewhere_the_same_calls_answer_at_once():
    admin = as_administrator()
    assert admin.patch("/environments/dev", {"version": 1, "lane": "queue"}).status_code == 200
    assert admin.put("/groups/newcomers/members", {"members": []}).json() == {
        "name": "newcomers",
        "members": [],
    }
    lab = {"name": "lab", "account": "dev", "region": "eu-west-1", "rank": 5}
    assert admin.post("/environments", lab).status_code == 201
    assert admin.delete("/environments/lab?reason=Mistake").status_code == 204
    assert ConfigChange.objects.count() == 0


def test_nobody_makes_an_administrator_alone():
    made = as_administrator().post("/people", PERSON)
    assert (made.status_code, made.json()["roles"]) == (201, [])
    change = made.json()["change"]
    assert change["diff"] == [{"pointer": "/roles", "before": [], "after": ["administrator"]}]
    answer = as_administrator("iris").post(f"/changes/{change['id']}/confirm", {})
    assert answer.json()["roles"] == ["administrator"]


def test_a_change_is_rejected_with_a_reason():
    change = _pending(as_administrator().patch("/environments/prod", WEAKER))
    iris = as_administrator("iris")
    path = f"/changes/{change['id']}/reject"
    assert problem(iris.post(path, {})) == (422, "required", ["/reason"])
    assert problem(iris.post(path, {"reason": ""})) == (422, "reason_required", ["/reason"])
    assert iris.post(path, {"reason": "Two keys stay."}).json()["state"] == "rejected"
    assert problem(iris.post(path, {"reason": "Again"}))[:2] == (409, "change_closed")


def test_the_list_shows_what_waits_to_whoever_may_see_it():
    admin = as_administrator()
    first = _pending(admin.patch("/environments/prod", WEAKER))
    second = _pending(as_person("rita").delete(f"/windows/{places.window().pk}?reason=Old"))
    admin.post(f"/changes/{first['id']}/reject", {"reason": "On second thoughts"})
    listed = {caller: _ids(as_person(caller).get("/changes?state=pending")) for caller in ("iris", "rita")}
    assert listed == {"iris": [second["id"]], "rita": [second["id"]]}
    assert _ids(admin.get("/changes")) == [second["id"], first["id"]]
    assert _ids(as_person("dana").get("/changes")) == []
    assert problem(as_person("dana").get(f"/changes/{first['id']}"))[:2] == (404, "not_found")
    assert _ids(as_application("payments").get("/changes")) == []
    assert problem(admin.get("/changes?state=lost"))[:2] == (422, "state_unknown")
    assert problem(Caller().get("/changes"))[:2] == (401, "not_authenticated")


def _ids(answer) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_machines_and_people_without_the_right_neither_confirm_nor_reject():
    change = _pending(as_administrator().patch("/environments/prod", WEAKER))
    path = f"/changes/{change['id']}"
    for caller in (as_person("rita"), as_person("dana")):
        assert problem(caller.post(f"{path}/confirm", {}))[:2] == (403, "forbidden")
    assert as_application("payments").post(f"{path}/confirm", {}).status_code == 403
    assert problem(as_person("rita").post(f"{path}/reject", {"reason": "No"}))[:2] == (403, "forbidden")
    assert Environment.objects.get(pk="prod").version == 1


def test_a_refused_confirmation_is_recorded():
    people.person("aude", roles=["auditor"])
    change = _pending(as_administrator().patch("/environments/prod", WEAKER))
    as_administrator().post(f"/changes/{change['id']}/confirm", {})
    found = as_person("aude").get(f"/audit/events?subject=change:{change['id']}").json()["items"]
    assert [(event["kind"], event["outcome"]) for event in found] == [
        ("config.changed", "denied"),
        ("config.proposed", "allowed"),
    ]
    assert found[0]["data"]["code"] == "self_approval"


def test_a_change_that_waits_carries_the_warning_of_its_gate():
    gate = {"slots": [protected.WEAKER], "escalation": protected.WEAKER["group"]}
    answer = as_administrator().patch("/environments/prod", {"version": 1, "gate": gate})
    _pending(answer)
    assert [warning["code"] for warning in answer.json()["warnings"]] == ["escalation_to_same_group"]
    assert Environment.objects.get(pk="prod").gate.get("escalation") is None, "it waits for the second person"
