"""Windows, freezes and next openings over HTTP."""

import pytest

from kernel.clock import now
from pipelines.models import Environment, Freeze, Window
from tests import people
from tests.pipelines import places
from tests.teams.callers import Caller, as_administrator, as_application, as_person, problem

pytestmark = pytest.mark.django_db
WINDOW = {
    "name": "Wednesday night",
    "scope": {"environment": "prod"},
    "timezone": "Europe/Berlin",
    "rrule": "FREQ=WEEKLY;BYDAY=WE",
    "start": "2026-01-07T22:00:00",
    "duration": 3600,
    "in_flight": "finish_step",
}
FREEZE = {
    "name": "Year end",
    "scope": {},
    "timezone": "UTC",
    "start": "2026-12-20T00:00:00",
    "end": "2027-01-04T00:00:00",
    "reason": "Nobody is here.",
    "contact": "rita",
    "actions": ["deploy", "config"],
}
KINDS = [("/windows", WINDOW, Window), ("/freezes", FREEZE, Freeze)]


@pytest.fixture(autouse=True)
def _prod():
    places.environment("prod", protected=True)


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_one_is_made_read_changed_and_archived(path, body, model):
    rita = as_person("rita", roles=["release_manager"])
    made = rita.post(path, body)
    assert made.status_code == 201
    assert {key: made.json()[key] for key in body} == body
    one = f"{path}/{made.json()['id']}"
    assert rita.get(one).json() == made.json()
    assert rita.get(path).json()["items"] == [made.json()]
    changed = rita.patch(one, {"version": 1, "name": "Renamed"})
    assert (changed.status_code, changed.json()["name"], changed.json()["version"]) == (200, "Renamed", 2)
    assert rita.delete(f"{one}?reason=over").status_code == 204
    assert rita.get(path).json()["items"] == []
    assert rita.get(one).json()["archived_at"] is not None
    assert model.objects.count() == 1


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_a_scope_that_outlived_its_place_is_flagged(path, body, model):
    admin = as_administrator()
    made = admin.post(path, {**body, "scope": {"environment": "prod"}}).json()
    tier = admin.post(path, {**body, "scope": {"tier": "nowhere"}}).json()
    assert (made["scope_gone"], tier["scope_gone"]) == ([], ["tier"])
    Environment.objects.filter(pk="prod").update(archived_at=now())
    assert admin.get(f"{path}/{made['id']}").json()["scope_gone"] == ["environment"]
    listed = {row["id"]: row["scope_gone"] for row in admin.get(path).json()["items"]}
    assert listed == {made["id"]: ["environment"], tier["id"]: ["tier"]}


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_archiving_without_a_reason_is_422(path, body, model):
    admin = as_administrator()
    one = f"{path}/{admin.post(path, body).json()['id']}"
    for query in ("", "?reason=", "?reason=%20"):
        assert problem(admin.delete(one + query)) == (422, "reason_required", ["?reason"])
    assert model.objects.get().archived_at is None


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_a_stale_change_is_409_and_one_without_version_422(path, body, model):
    admin = as_administrator()
    one = f"{path}/{admin.post(path, body).json()['id']}"
    assert problem(admin.patch(one, {"version": 2, "name": "x"}))[:2] == (409, "version_conflict")
    assert problem(admin.patch(one, {"name": "x"})) == (422, "required", ["/version"])
    assert problem(admin.patch(one, {"version": 1, "colour": "red"})) == (422, "unknown_field", ["/colour"])
    assert model.objects.get().name == body["name"]


@pytest.mark.parametrize(
    ("path", "change", "code", "pointer"),
    [
        ("/windows", {"duration": "3600"}, "not_an_integer", "/duration"),
        ("/windows", {"duration": 0}, "duration_invalid", "/duration"),
        ("/windows", {"scope": "prod"}, "not_an_object", "/scope"),
        ("/windows", {"scope": {"environment": 5}}, "not_a_string", "/scope/environment"),
        ("/windows", {"scope": {"environment": "moon"}}, "scope_unknown", "/scope/environment"),
        ("/windows", {"rrule": "every day"}, "rrule_invalid", "/rrule"),
        ("/windows", {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}, "never_occurs", "/rrule"),
        ("/windows", {"timezone": "CET/Moon"}, "timezone_unknown", "/timezone"),
        ("/windows", {"start": "2026-01-07T22:00:00+01:00"}, "start_has_offset", "/start"),
        ("/windows", {"duration": 8 * 86_400}, "duration_too_long", "/duration"),
        ("/windows", {"rrule": "FREQ=HOURLY", "duration": 60}, "too_many_occurrences", "/rrule"),
        ("/freezes", {"end": "2026-12-20T00:00:00"}, "end_before_start", "/end"),
        ("/windows", {"tier": "gold"}, "unknown_field", "/tier"),
        ("/freezes", {"end": "2026-12-01T00:00:00"}, "end_before_start", "/end"),
        ("/freezes", {"reason": ""}, "reason_required", "/reason"),
        ("/freezes", {"contact": ""}, "contact_required", "/contact"),
        ("/freezes", {"actions": "deploy"}, "not_a_list", "/actions"),
        ("/freezes", {"actions": ["dance"]}, "actions_invalid", "/actions"),
    ],
)
def test_bad_input_is_422_with_a_stable_code_and_makes_nothing(path, change, code, pointer):
    body = {**(WINDOW if path == "/windows" else FREEZE), **change}
    assert problem(as_administrator().post(path, body)) == (422, code, [pointer])
    assert not Window.objects.exists()
    assert not Freeze.objects.exists()


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_everybody_reads_the_calendar_and_few_change_it(path, body, model):
    key = as_administrator().post(path, body).json()["id"]
    for caller in (as_person("dana"), as_person("aude", roles=["auditor"]), as_application("payments")):
        assert len(caller.get(path).json()["items"]) == 1
        assert caller.get(f"{path}/{key}").status_code == 200
        for refused in (
            caller.post(path, body),
            caller.patch(f"{path}/{key}", {"version": 1, "name": "x"}),
            caller.delete(f"{path}/{key}?reason=x"),
        ):
            assert problem(refused)[:2] == (403, "forbidden")
            assert refused.json()["missing_permission"] == "calendar.manage"
    assert problem(Caller().get(path))[:2] == (401, "not_authenticated")
    assert list(model.objects.values_list("version", "archived_at")) == [(1, None)]


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_what_is_not_there_is_404_and_a_wrong_query_422(path, body, model):
    admin = as_administrator()
    assert problem(admin.get(f"{path}/win_x"))[:2] == (404, "not_found")
    assert problem(admin.patch(f"{path}/win_x", {"version": 1}))[:2] == (404, "not_found")
    assert problem(admin.delete(f"{path}/win_x?reason=x"))[:2] == (404, "not_found")
    assert problem(admin.get(f"{path}?when=now"))[:2] == (422, "unknown_parameter")


@pytest.mark.parametrize(("path", "body", "model"), KINDS)
def test_a_machine_reads_what_holds_for_its_own_application_alone(path, body, model):
    for name in ("payments", "storefront"):
        people.application(name)
    admin, keys = as_administrator(), {}
    for name, scope in {
        "all": {},
        "own": {"application": "payments"},
        "other": {"application": "storefront"},
    }.items():
        keys[name] = admin.post(path, {**body, "scope": scope}).json()["id"]
    machine = as_application("payments")
    assert {row["id"] for row in machine.get(path).json()["items"]} == {keys["all"], keys["own"]}
    seen = {name: machine.get(f"{path}/{key}").status_code for name, key in keys.items()}
    assert seen == {"all": 200, "own": 200, "other": 404}
    assert len(as_person("dana").get(path).json()["items"]) == 3


def _opening(query: str, caller=None):
    return (caller or as_person("dana")).get(f"/environments/prod/next-opening{query}")


def test_the_next_opening_is_answered_in_utc():
    as_administrator().post("/windows", WINDOW)
    body = _opening("?from=2026-11-24T12:00:00Z").json()
    assert body["open_now"] is False
    assert (body["opens_at"], body["closes_at"]) == ("2026-11-25T21:00:00Z", "2026-11-25T22:00:00Z")
    assert [reason["code"] for reason in body["reasons"]] == ["outside_window"]
    assert body["reasons"][0]["until"] == "2026-11-25T21:00:00Z"
    inside = _opening("?from=2026-11-25T22:30:00%2B01:00").json()
    assert inside == {
        "open_now": True,
        "opens_at": "2026-11-25T21:00:00Z",
        "closes_at": "2026-11-25T22:00:00Z",
        "reasons": [],
    }


def test_without_a_window_in_90_days_there_is_no_next_opening():
    body = _opening("").json()
    assert (body["open_now"], body["opens_at"], body["closes_at"]) == (False, None, None)
    assert [reason["code"] for reason in body["reasons"]] == ["outside_window"]


def test_an_application_has_its_own_openings():
    people.application("payments")
    people.application("storefront")
    as_administrator().post("/windows", {**WINDOW, "scope": {"application": "payments"}})
    at = "from=2026-11-25T21:30:00Z"
    assert _opening(f"?application=payments&{at}").json()["open_now"] is True
    assert _opening(f"?application=storefront&{at}").json()["open_now"] is False
    assert _opening(f"?application=payments&{at}", as_application("payments")).json()["open_now"] is True
    assert problem(_opening("?application=storefront", as_application("payments")))[:2] == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?from=2026-11-25T21:30:00", 422, "offset_required"),
        ("?from=soon", 422, "time_invalid"),
        ("?from=9999-12-31T00:00:00Z", 422, "time_invalid"),
        ("?from=1990-01-01T00:00:00Z", 422, "time_invalid"),
        ("?at=2026-11-25T21:30:00Z", 422, "unknown_parameter"),
        ("?application=nowhere", 404, "not_found"),
    ],
)
def test_a_wrong_question_is_refused(query, status, code):
    assert problem(_opening(query))[:2] == (status, code)
    assert problem(as_person("dana").get("/environments/nowhere/next-opening"))[:2] == (404, "not_found")
