"""Deployments over HTTP: requests, reads, cancel, resolve, baseline, log, long poll."""

from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

import pytest

from deployments.api import deployments as endpoints
from deployments.models import Deployment, DeploymentLog
from deployments.states import State
from kernel.clock import now
from kernel.verdicts import wire_time
from tests.pipelines import places
from tests.teams.callers import Caller, as_application, as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
WANTED = {"application": "payments", "version": "1.1.0", "environment": "prod"}


@pytest.fixture
def asked(world):
    return world.asked()


def count() -> int:
    return Deployment.objects.exclude(kind="baseline").count()


def refused(caller, body, **more) -> tuple:
    """(status, code, pointers) of a POST that made nothing."""
    before = count(), len(events("deployment.requested"))
    answer = problem(caller.post("/deployments", body, **more))
    assert (count(), len(events("deployment.requested"))) == before
    return answer


class TestRequests:
    def test_a_request_is_202_with_its_address_and_its_shape(self, world):
        answer = as_person("dana").post("/deployments", {**WANTED, "reason": "Tuesday"})
        row = Deployment.objects.get(state="requested")
        assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/deployments/{row.pk}")
        body = answer.json()
        assert (body["id"], body["state"], body["requested_by"]) == (row.pk, "requested", "dana")
        assert (body["waiting_for"], body["approval"], body["reason"]) == (None, None, "Tuesday")
        assert body["plan"] == {"state": "not_computed", "digest": None, "changes": []}
        kinds = ["verify-artifacts", "plan", "gate", "window", "lane", "apply", "test"]
        assert [(s["kind"], s["state"]) for s in body["steps"]] == [(kind, "pending") for kind in kinds]

    def test_the_same_again_is_200_with_the_open_one(self, asked):
        answer = as_person("dave").post("/deployments", WANTED)
        assert (answer.status_code, answer.json()["id"]) == (200, asked.pk)
        assert len(events("deployment.requested")) == count() == 1

    def test_other_parameters_are_409_and_name_the_open_one(self, asked):
        answer = as_person("dana").post("/deployments", {**WANTED, "parameters": {"Stage": "blue"}})
        assert problem(answer) == (409, "open_request_differs", ["/parameters"])
        assert answer.json()["deployment"] == asked.pk
        assert world_is_as_before(asked)

    def test_what_decide_denies_is_409_with_reasons_and_on_the_record(self, world):
        world.release("1.2.0")
        answer = as_person("dana").post("/deployments", {**WANTED, "version": "1.2.0"})
        assert problem(answer)[:2] == (409, "denied")
        (reason,) = answer.json()["reasons"]
        assert (reason["code"], reason["object"]) == ("not_promoted_from", "environment:staging")
        assert count() == 0
        event = only_event("deployment.denied")
        assert (event["outcome"], event["environment"]) == ("denied", "prod")
        assert event["data"]["codes"] == ["not_promoted_from"]

    @pytest.mark.parametrize("who", ["omar", "aude", "admin"])
    def test_who_sees_it_but_is_not_in_the_team_is_403_with_the_permission(self, world, who):
        answer = as_person(who).post("/deployments", WANTED)
        assert problem(answer)[:2] == (403, "forbidden")
        assert answer.json()["missing_permission"] == "deployment.request"
        assert count() == 0

    def test_an_outsider_is_404(self, world):
        assert refused(as_person("zoe"), WANTED)[:2] == (404, "not_found")

    def test_the_ci_of_the_application_asks_with_the_scope_and_not_without(self, world):
        assert refused(as_application(scopes=["read"]), WANTED)[0] == 403
        answer = as_application(scopes=["deployments:request"]).post("/deployments", WANTED)
        assert (answer.status_code, answer.json()["requested_by"]) == (202, "payments")

    def test_nobody_asks_without_signing_in(self, world):
        assert refused(Caller(), WANTED)[:2] == (401, "not_authenticated")

    @pytest.mark.parametrize(
        ("changes", "code", "pointer"),
        [
            ({"force": True}, "unknown_field", "/force"),
            ({"version": None}, None, "/version"),
            ({"parameters": []}, None, "/parameters"),
            ({"parameters": {"N": 1}}, "parameter_invalid", "/parameters/N"),
            ({"parameters": {"Db": "AKIAIOSFODNN7EXAMPLE"}}, "secret_in_parameters", "/parameters/Db"),
            ({"not_before": "2027-01-01T00:00:00"}, "offset_required", "/not_before"),
            ({"not_before": "2020-01-01T00:00:00Z"}, "in_the_past", "/not_before"),
            ({"not_before": "9999-12-31T23:59:59Z"}, "too_far_ahead", "/not_before"),
            ({"reason": "x" * 2001}, None, "/reason"),
        ],
    )
    def test_a_wrong_body_is_422_with_its_pointer(self, world, changes, code, pointer):
        status, found, pointers = refused(as_person("dana"), {**WANTED, **changes})
        assert (status, pointers) == (422, [pointer])
        assert code is None or found == code

    def test_a_start_outside_the_windows_is_422_with_the_next_opening(self, world):
        places.window(scope={"environment": "prod"}, start="2026-01-07T22:00:00", rrule="FREQ=DAILY")
        noon = now().replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=3)
        opens = noon.replace(hour=22, tzinfo=ZoneInfo("Europe/Berlin"))
        wanted = {**WANTED, "not_before": noon.isoformat()}
        answer = as_person("dana").post("/deployments", wanted)
        body = answer.json()
        assert (answer.status_code, body["code"]) == (422, "schedule_outside_window")
        assert body["next_opening"] == wire_time(opens.astimezone(UTC))
        assert body["errors"][0]["pointer"] == "/not_before"
        assert f"{opens:%A %-d %B %Y} 22:00 (Europe/Berlin)" in body["detail"]
        assert count() == 0
        answer = as_person("dana").post("/deployments", {**wanted, "not_before": body["next_opening"]})
        assert (answer.status_code, answer.json()["not_before"]) == (202, body["next_opening"])

    def test_another_start_than_the_open_ones_is_a_conflict_and_the_same_is_200(self, world):
        wanted = {**WANTED, "not_before": wire_time(now().replace(microsecond=0) + timedelta(days=3))}
        first = as_person("dana").post("/deployments", wanted)
        assert first.status_code == 202
        other = {**WANTED, "not_before": wire_time(now().replace(microsecond=0) + timedelta(days=4))}
        assert refused(as_person("dana"), other) == (409, "open_request_differs", ["/not_before"])
        for again in (wanted, WANTED):
            answer = as_person("dana").post("/deployments", again)
            assert (answer.status_code, answer.json()["id"]) == (200, first.json()["id"])
            assert answer.json()["not_before"] == wanted["not_before"]

    def test_an_expedited_request_is_marked_and_says_what_it_skips(self, world):
        wanted = {**WANTED, "expedited": True}
        answer = as_person("dana").post("/deployments", wanted)
        assert problem(answer)[:2] == (422, "expedited_not_defined")
        assert answer.json()["errors"][0]["pointer"] == "/expedited"
        assert count() == 0
        world.define_path()
        answer = as_person("dana").post("/deployments", wanted)
        body = answer.json()
        assert (answer.status_code, body["expedited"], body["skipped_stages"]) == (202, True, ["staging"])
        again = as_person("dana").post("/deployments", wanted)
        assert (again.status_code, again.json()["id"]) == (200, body["id"])
        assert refused(as_person("dana"), WANTED) == (409, "open_request_differs", ["/expedited"])
        (item,) = as_person("rita").get("/deployments?environment=prod&state=requested").json()["items"]
        assert item["expedited"] is True

    def test_a_secret_is_never_echoed(self, world):
        answer = as_person("dana").post(
            "/deployments", {**WANTED, "parameters": {"Db": "AKIAIOSFODNN7EXAMPLE"}}
        )
        assert b"AKIAIOSFODNN7EXAMPLE" not in answer.content

    @pytest.mark.parametrize(
        "changes", [{"environment": "nowhere"}, {"version": "9.9.9"}, {"application": "x"}]
    )
    def test_what_does_not_exist_is_404(self, world, changes):
        assert refused(as_person("dana"), {**WANTED, **changes})[:2] == (404, "not_found")


def world_is_as_before(asked) -> bool:
    return Deployment.objects.get(pk=asked.pk).parameters == {} and count() == 1


class TestReading:
    def test_one_is_read_with_what_it_waits_for(self, asked):
        body = as_person("omar").get(f"/deployments/{asked.pk}").json()
        assert (body["state"], body["waiting_for"], body["pipeline_version"]) == ("needs_approval", None, 1)
        assert body["approval"]["slots"][1] == {"group": "payments-owners", "count": 1, "filled_by": []}
        assert body["plan"]["digest"] == asked.plan_digest
        assert [c["name"] for c in body["checks"]][-3:] == ["people", "window", "lane"]

    @pytest.mark.parametrize("path", ["/deployments/{id}", "/deployments/{id}/log", "/deployments/dep_none"])
    def test_an_outsider_gets_the_404_of_what_does_not_exist(self, asked, path):
        assert problem(as_person("zoe").get(path.format(id=asked.pk))) == (404, "not_found", [])

    def test_the_list_filters_by_state_and_time(self, asked):
        dana = as_person("dana")
        states = lambda query: [row["state"] for row in dana.get(f"/deployments{query}").json()["items"]]  # noqa: E731
        assert states("?state=needs_approval") == ["needs_approval"]
        assert states("?environment=prod&application=payments") == ["needs_approval", "succeeded"]
        assert states("?state=running") == []
        assert states("?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z") == []
        assert as_person("zoe").get("/deployments").json()["items"] == []

    @pytest.mark.parametrize(
        ("query", "code"),
        [
            ("?state=gone", "parameter_invalid"),
            ("?from=2020-01-01T00:00:00", "offset_required"),
            ("?from=2020-01-02T00:00:00Z&to=2020-01-01T00:00:00Z", "range_invalid"),
            ("?who=dana", "unknown_parameter"),
            ("?limit=0", "limit_invalid"),
        ],
    )
    def test_a_wrong_parameter_is_422(self, world, query, code):
        assert problem(as_person("dana").get(f"/deployments{query}"))[:2] == (422, code)

    @pytest.mark.parametrize("wait", ["-1", "61", "x", "1.5", "\u0663", "1" * 5000])
    def test_a_wait_is_0_to_60_seconds(self, asked, wait):
        answer = as_person("dana").get(f"/deployments/{asked.pk}?wait={wait}")
        assert problem(answer) == (422, "parameter_invalid", ["?wait"])

    def test_a_poll_answers_at_once_when_people_are_needed(self, asked, monkeypatch):
        monkeypatch.setattr(endpoints, "_wait", lambda *_: pytest.fail("it slept"))
        assert as_person("dana").get(f"/deployments/{asked.pk}?wait=60").json()["state"] == "needs_approval"

    def test_a_poll_without_a_seat_answers_at_once(self, world, monkeypatch):
        row = world.request()
        monkeypatch.setattr(endpoints, "seats", endpoints.seats.__class__(1))
        with endpoints.seats.take():
            answer = as_person("dana").get(f"/deployments/{row.pk}?wait=60")
        assert (answer.status_code, answer["Retry-After"]) == (200, "2")


class TestLog:
    def test_it_is_text_from_an_offset_on_with_the_next_offset(self, asked):
        DeploymentLog.objects.filter(deployment=asked).delete()
        for offset, text in ((0, "one\n"), (4, "zwölf\n")):
            DeploymentLog.objects.create(deployment=asked, offset=offset, text=text, at=now())
        dana = as_person("dana")
        answer = dana.get(f"/deployments/{asked.pk}/log")
        assert (answer.content.decode(), answer["X-Next-Offset"]) == ("one\nzwölf\n", "10")
        assert answer["Content-Type"] == "text/plain; charset=utf-8"
        answer = dana.get(f"/deployments/{asked.pk}/log?after=6")
        assert (answer.content.decode(), answer["X-Next-Offset"]) == ("ölf\n", "10")
        answer = dana.get(f"/deployments/{asked.pk}/log?after=10")
        assert (answer.content, answer["X-Next-Offset"]) == (b"", "10")

    @pytest.mark.parametrize("after", ["-1", "abc", str(10**13), "1" * 5000])
    def test_a_wrong_offset_is_422(self, asked, after):
        answer = as_person("dana").get(f"/deployments/{asked.pk}/log?after={after}")
        assert problem(answer)[:2] == (422, "parameter_invalid")


class TestEnding:
    def test_the_requester_cancels_and_again_is_the_same_answer(self, world, asked):
        dana = as_person("dana")
        for _ in range(2):
            answer = dana.post(f"/deployments/{asked.pk}/cancel", {"reason": "Not today"})
            assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        assert len(events("deployment.cancelled")) == 1
        assert answer.json()["approval"]["state"] == "closed"

    @pytest.mark.parametrize(("who", "status"), [("omar", 403), ("aude", 403), ("zoe", 404)])
    def test_others_do_not(self, world, asked, who, status):
        assert as_person(who).post(f"/deployments/{asked.pk}/cancel", {"reason": "x"}).status_code == status
        assert world.fresh(asked).state == "needs_approval"

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x", "y": 1}])
    def test_a_reason_is_needed(self, world, asked, body):
        assert as_person("dana").post(f"/deployments/{asked.pk}/cancel", body).status_code == 422
        assert world.fresh(asked).state == "needs_approval"

    def test_what_ended_or_verifies_is_409(self, world):
        row = world.move(world.running(), State.VERIFYING)
        answer = as_person("dana").post(f"/deployments/{row.pk}/cancel", {"reason": "Stop"})
        assert problem(answer)[:2] == (409, "point_of_no_return")
        world.move(row, State.SUCCEEDED)
        answer = as_person("dana").post(f"/deployments/{row.pk}/cancel", {"reason": "Stop"})
        assert problem(answer)[:2] == (409, "already_ended")

    def test_a_release_manager_resolves_and_nobody_else(self, world):
        row = world.move(world.running(), State.NEEDS_HUMAN)
        body = {"outcome": "succeeded", "reason": "The stack is UPDATE_COMPLETE."}
        path = f"/deployments/{row.pk}/resolve"
        assert problem(as_person("dana").post(path, body))[:2] == (403, "forbidden")
        assert problem(as_person("rita").post(path, {**body, "outcome": "running"}))[:2] == (
            422,
            "invalid_choice",
        )
        assert problem(as_person("rita").post(path, {**body, "reason": "short"}))[:2] == (
            422,
            "reason_required",
        )
        assert world.fresh(row).state == "needs_human"
        assert as_person("rita").post(path, body).json()["state"] == "succeeded"
        assert problem(as_person("rita").post(path, body))[:2] == (409, "illegal_transition")

    def test_a_baseline_is_201_and_claims_no_approval(self, world):
        body = {**WANTED, "reason": "Deployed by hand last year."}
        answer = as_person("rita").post("/deployments/baseline", body)
        assert answer.status_code == 201
        shown = answer.json()
        assert (shown["baseline"], shown["state"], shown["approval"]) == (True, "succeeded", None)
        assert problem(as_person("dana").post("/deployments/baseline", body))[:2] == (403, "forbidden")
        assert problem(as_person("rita").post("/deployments/baseline", {**body, "reason": ""}))[0] == 422

    def test_a_baseline_is_refused_while_something_runs_there(self, world):
        world.running()
        before = Deployment.objects.count()
        answer = as_person("rita").post("/deployments/baseline", {**WANTED, "reason": "By hand."})
        assert problem(answer)[:2] == (409, "lane_busy")
        assert Deployment.objects.count() == before
