"""`GET /decision`: may it go? One answer, no side effect."""

from datetime import timedelta

import pytest

from audit.models import AuditEvent
from deployments.models import Deployment
from kernel.clock import now
from pipelines.models import Environment
from tests.insights.calendar_rows import window_elsewhen
from tests.teams.callers import as_application, as_person, problem

pytestmark = pytest.mark.django_db


def ask(who="dana", **query):
    wanted = {"application": "payments", "version": "1.1.0", "environment": "prod", **query}
    caller = as_person(who) if isinstance(who, str) else who
    return caller.get("/decision", data={k: v for k, v in wanted.items() if v is not None})


def states(body) -> dict:
    return {check["name"]: check["state"] for check in body["checks"]}


def test_a_pair_without_a_request_is_judged_hypothetically(world):
    before = Deployment.objects.count(), AuditEvent.objects.exclude(kind="token.created").count()
    body = ask().json()
    assert (body["verdict"], body["until"]) == ("wait", None)
    assert [reason["code"] for reason in body["reasons"]] == ["approval_needed"]
    assert states(body) == {
        "artifact": "pass",
        "order": "pass",
        "standards": "pass",
        "plan": "not_reached",
        "people": "wait",
        "window": "pass",
        "lane": "pass",
    }
    after = Deployment.objects.count(), AuditEvent.objects.exclude(kind="token.created").count()
    assert after == before


def test_what_runs_there_already_is_said_and_changes_no_verdict(world):
    there, other = ask(version="1.0.0").json(), ask().json()
    assert (there["runs_there"], other["runs_there"]) == (True, False)
    assert (there["verdict"], states(there)) == (other["verdict"], states(other))


def test_where_there_is_no_gate_it_is_allowed(world):
    body = ask(environment="dev").json()
    assert (body["verdict"], body["reasons"], states(body)["people"]) == ("allow", [], "pass")


def test_a_denial_names_what_would_clear_it_and_stops_there(world):
    world.release("1.2.0")
    body = ask(version="1.2.0").json()
    assert body["verdict"] == "deny"
    (reason,) = body["reasons"]
    assert (reason["code"], reason["object"]) == ("not_promoted_from", "environment:staging")
    assert reason["how_to_clear"] == "Deploy 1.2.0 to staging first."
    assert list(states(body).values()) == ["pass", "deny"] + ["not_reached"] * 5


def test_an_open_request_answers_for_the_pair(world):
    asked = world.asked()
    world.vote(asked, "rita")
    body = ask().json()
    (reason,) = body["reasons"]
    assert (reason["code"], reason["object"]) == ("approval_needed", f"approval:{asked.approval_id}")
    assert states(body)["plan"] == "pass"
    world.vote(asked, "omar")
    assert ask().json()["verdict"] == "allow"


def test_the_expedited_way_is_asked_about_and_says_what_it_skips(world):
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    body = ask(version="1.2.0", expedited="true").json()
    assert (body["verdict"], [r["code"] for r in body["reasons"]]) == ("deny", ["expedited_not_defined"])
    world.define_path()
    assert ask(version="1.2.0", expedited="false").json()["reasons"][0]["code"] == "not_promoted_from"
    body = ask(version="1.2.0", expedited="true").json()
    assert (body["verdict"], [r["code"] for r in body["reasons"]]) == ("wait", ["approval_needed"])
    assert body["checks"][1] == {
        "name": "order",
        "state": "pass",
        "note": "Expedited: staging is skipped; 1.2.0 has succeeded in dev.",
    }
    answer = ask(expedited="yes")
    assert problem(answer)[:2] == (422, "parameter_invalid")
    assert answer.json()["errors"][0]["pointer"] == "?expedited"


def test_everybody_who_may_ask_gets_the_same_answer(world):
    callers = ["dana", "rita", "omar", "aude", as_application()]
    assert len({str(ask(who).json()) for who in callers}) == 1


def test_an_outsider_gets_the_404_of_what_does_not_exist(world):
    answers = [
        ask("zoe"),
        ask(version="9.9.9"),
        ask(environment="nowhere"),
        ask(as_application("storefront")),
    ]
    assert [problem(answer)[:2] for answer in answers] == [(404, "not_found")] * 4


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ({"at": "2027-01-01T00:00:00"}, "offset_required", "?at"),
        ({"at": "tomorrow"}, None, "?at"),
        ({"at": "2020-01-01T00:00:00Z"}, "at_too_old", "?at"),
        ({"at": "9999-12-31T23:59:59Z"}, "at_too_far", "?at"),
        ({"version": None}, "required", "?version"),
        ({"application": ""}, "required", "?application"),
        ({"note": "x"}, "unknown_parameter", "?note"),
    ],
)
def test_a_wrong_question_is_422_with_its_pointer(world, query, code, pointer):
    status, found, pointers = problem(ask(**query))
    assert (status, pointers) == (422, [pointer])
    assert code is None or found == code


def test_an_instant_is_at_most_five_years_ahead(world):
    latest = now() + timedelta(days=5 * 366)
    assert ask(at=(latest - timedelta(minutes=1)).isoformat()).status_code == 200
    late = (latest + timedelta(minutes=1)).isoformat()
    assert problem(ask(at=late)) == (422, "at_too_far", ["?at"])


def test_an_instant_to_come_is_judged_by_then(world):
    world.asked(not_before=None)
    world.release("1.2.0")
    body = ask(environment="staging", version="1.2.0", at="2027-01-01T00:00:00+01:00").json()
    assert body["verdict"] == "deny"


FREEZE = {
    "timezone": "UTC",
    "start": "2026-01-01T00:00:00",
    "end": "2099-01-01T00:00:00",
    "reason": "Stocktaking",
    "contact": "rita",
}


def test_overlapping_freezes_are_both_named_and_the_votes_are_still_asked_for(world):
    rita, keys = as_person("rita"), []
    for name, scope in (("Stocktaking", {}), ("Audit", {"application": "payments"})):
        made = rita.post("/freezes", {**FREEZE, "name": name, "scope": scope})
        assert made.status_code == 201
        keys.append(made.json()["id"])
    asked = world.asked()
    for body in (ask().json(), as_person("dana").get(f"/deployments/{asked.pk}").json()):
        frozen = [r["object"] for r in body["reasons"] if r["code"] == "freeze"]
        assert sorted(frozen) == sorted(f"freeze:{key}" for key in keys)
    assert world.fresh(asked).state == "needs_approval"


def test_a_freeze_whose_place_is_gone_is_flagged_and_still_stops_what_it_matches(world):
    approved = world.approved()
    made = as_person("rita").post("/freezes", {**FREEZE, "name": "Audit", "scope": {"environment": "prod"}})
    Environment.objects.filter(pk="prod").update(archived_at=now())
    key = made.json()["id"]
    assert as_person("dana").get(f"/freezes/{key}").json()["scope_gone"] == ["environment"]
    after = world.settle(world.start(approved))
    assert (after.started_at, after.state, after.waiting_for) == (None, "waiting", "window")
    assert [reason["object"] for reason in after.reasons] == [f"freeze:{key}"]


def test_a_place_that_does_not_open_within_90_days_says_so(world):
    start = (now() - timedelta(days=100)).isoformat()[:19]
    window_elsewhen("prod", rrule="FREQ=YEARLY", start=start)
    (_, closed) = ask().json()["reasons"]
    assert (closed["code"], closed["until"]) == ("outside_window", None)
    assert "does not open within 90 days" in closed["text"]
