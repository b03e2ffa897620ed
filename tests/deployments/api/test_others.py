"""The board, releases in their environments, and withdrawals over HTTP."""

from datetime import timedelta

import pytest

from builds.models import Build
from deployments.models import Deployment
from deployments.states import State
from kernel.clock import now
from kernel.verdicts import wire_time
from releases.models import Release
from tests.teams.callers import as_application, as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def board(who="aude", query="") -> dict:
    body = as_person(who).get(f"/board{query}").json()
    return {row["environment"]: row for row in body["items"]}


class TestBoard:
    def test_it_shows_what_runs_where_in_the_order_of_promotion(self, world):
        rows = board()
        assert [(name, row["version"]) for name, row in rows.items()] == [
            ("dev", "1.1.0"),
            ("staging", "1.1.0"),
            ("prod", "1.0.0"),
        ]
        prod = Deployment.objects.get(environment_id="prod")
        assert rows["prod"] == {
            "application": "payments",
            "environment": "prod",
            "version": "1.0.0",
            "deployment": prod.pk,
            "since": wire_time(prod.ended_at),
            "in_progress": None,
            "observed": None,
            "drift": "unknown",
        }

    def test_it_is_current_when_a_deployment_starts_and_ends(self, world):
        row = world.running()
        assert (board()["prod"]["in_progress"], board()["prod"]["version"]) == (row.pk, "1.0.0")
        world.move(row, State.VERIFYING, State.SUCCEEDED)
        assert (board()["prod"]["in_progress"], board()["prod"]["version"]) == (None, "1.1.0")

    def test_an_instant_in_the_past_shows_what_ran_then(self, world):
        before = wire_time(now())
        world.succeeded()
        assert board(query=f"?at={before}")["prod"]["version"] == "1.0.0"
        assert board(query=f"?at={wire_time(now() + timedelta(seconds=1))}")["prod"]["version"] == "1.1.0"
        assert board(query="?at=2020-01-01T00:00:00Z") == {}

    def test_after_a_failed_rollback_nothing_is_claimed_now_or_later(self, world):
        world.move(world.running(), State.ROLLING_BACK, State.ROLLBACK_FAILED)
        later = wire_time(now() + timedelta(seconds=1))
        assert board()["prod"]["version"] is None
        assert board(query=f"?at={later}")["prod"]["version"] is None

    def test_filters_and_sight(self, world):
        assert list(board(query="?environment=prod&application=payments")) == ["prod"]
        assert board(query="?application=storefront") == {}

    @pytest.mark.parametrize("query", ["?at=2026-01-01T00:00:00", "?x=1"])
    def test_a_wrong_parameter_is_422(self, world, query):
        assert as_person("aude").get(f"/board{query}").status_code == 422


class TestReleases:
    def test_a_release_says_how_far_it_came(self, world):
        asked = world.asked()
        body = as_person("dana").get("/releases/payments/1.1.0").json()
        assert (body["version"], body["state"]) == ("1.1.0", "open")
        assert list(body["environments"]) == ["dev", "staging", "prod"]
        prod = body["environments"]["prod"]
        assert (prod["deployment"], prod["state"]) == (asked.pk, "needs_approval")
        assert prod["at"] == wire_time(asked.requested_at)

    def test_the_list_says_the_same_of_each(self, world):
        world.asked()
        dana = as_person("dana")
        listed = {row["version"]: row for row in dana.get("/releases?application=payments").json()["items"]}
        assert list(listed) == ["1.1.0", "1.0.0"]
        for version, row in listed.items():
            assert row == dana.get(f"/releases/payments/{version}").json()
        assert listed["1.0.0"]["environments"]["prod"]["state"] == "succeeded"

    @pytest.mark.parametrize("path", ["/releases/payments/9.9.9", "/releases/storefront/1.1.0"])
    def test_missing_and_invisible_are_404(self, world, path):
        assert problem(as_person("dana").get(path))[:2] == (404, "not_found")
        assert problem(as_person("zoe").get("/releases/payments/1.1.0"))[:2] == (404, "not_found")

    @pytest.mark.parametrize("against", ["prod", "environment:", "release:1.0.0"])
    def test_a_diff_is_against_an_environment(self, world, against):
        answer = as_person("dana").get(f"/releases/payments/1.1.0/diff?against={against}")
        assert problem(answer) == (422, "parameter_invalid", ["?against"])

    def test_a_diff_says_what_it_compares_with(self, world):
        body = as_person("dana").get("/releases/payments/1.1.0/diff?against=environment:prod").json()
        assert body["against"] == {"environment": "prod", "version": "1.0.0"}
        assert list(body) == ["against", "commits", "artifacts", "template", "iam"]
        assert all(body[section]["state"] for section in list(body)[1:])

    def test_a_diff_against_an_unknown_environment_is_404(self, world):
        answer = as_person("dana").get("/releases/payments/1.1.0/diff?against=environment:nowhere")
        assert problem(answer)[:2] == (404, "not_found")


class TestWithdrawals:
    def test_a_withdrawn_release_ends_what_waits(self, world):
        asked = world.asked()
        answer = as_person("dana").post("/releases/payments/1.1.0/withdraw", {"reason": "Wrong rounding."})
        assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        assert answer.json()["environments"]["prod"]["state"] == "withdrawn"
        assert world.fresh(asked).approval.state == "closed"
        assert only_event("deployment.withdrawn")["subject"] == f"deployment:{asked.pk}"

    def test_a_withdrawn_build_marks_what_runs_and_does_not_kill_it(self, world):
        row = world.running()
        build = row.release.build_id
        answer = as_person("rita").post(f"/builds/{build}/withdraw", {"reason": "Wrong rounding."})
        assert (answer.status_code, answer.json()["reason"]) == (200, "Wrong rounding.")
        fresh = world.fresh(row)
        assert (fresh.state, fresh.withdrawn_while_running) == ("running", True)
        assert events("deployment.withdrawn") == []

    def test_twice_is_409_and_without_a_reason_422(self, world):
        dana = as_person("dana")
        path = "/releases/payments/1.1.0/withdraw"
        assert dana.post(path, {"reason": " "}).status_code == 422
        assert dana.post(path, {}).status_code == 422
        assert Release.objects.filter(state="withdrawn").count() == 0
        assert dana.post(path, {"reason": "Wrong rounding."}).status_code == 200
        assert dana.post(path, {"reason": "Wrong rounding."}).status_code == 409

    @pytest.mark.parametrize(("who", "status"), [("omar", 403), ("aude", 403), ("zoe", 404)])
    def test_others_do_not(self, world, who, status):
        build = world.get_release("1.1.0").build_id
        for path in (f"/builds/{build}/withdraw", "/releases/payments/1.1.0/withdraw"):
            assert as_person(who).post(path, {"reason": "Wrong rounding."}).status_code == status
        assert Build.objects.filter(withdrawn_at__isnull=False).count() == 0

    def test_what_was_withdrawn_is_denied_afterwards(self, world):
        as_person("dana").post("/releases/payments/1.1.0/withdraw", {"reason": "Wrong rounding."})
        wanted = {"application": "payments", "version": "1.1.0", "environment": "dev"}
        answer = as_application().post("/deployments", wanted)
        assert problem(answer)[:2] == (409, "denied")
        assert answer.json()["reasons"][0]["code"] == "withdrawn"


@pytest.mark.parametrize(
    "path",
    [
        "/deployments",
        "/deployments/dep_1/cancel",
        "/deployments/dep_1/resolve",
        "/approvals/apr_1/votes",
        "/approvals/apr_1/statement",
        "/deployments/baseline",
        "/releases/payments/1.0.0/withdraw",
    ],
)
def test_what_changes_something_takes_no_parameter_in_its_address(path):
    assert problem(as_person("dana").post(f"{path}?dry_run=true", {})) == (
        422,
        "unknown_parameter",
        ["?dry_run"],
    )


def test_neither_does_a_change_of_parameters():
    answer = as_person("dana").patch("/deployments/dep_1?force=1", {"parameters": {}})
    assert problem(answer) == (422, "unknown_parameter", ["?force"])
