"""One application in one environment is a lane: what each of its policies does with a second request."""

import pytest

from deployments.models import Deployment
from deployments.states import State
from pipelines.actions.update_environment import update_environment
from pipelines.models import Environment
from tests.deployments.world import SYSTEM
from tests.insights.browser import Browser
from tests.teams.callers import as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


def policy(world, lane: str) -> None:
    """prod gets this policy, and 1.2.0 comes as far as staging."""
    version = Environment.objects.get(pk="prod").version
    update_environment(actor=SYSTEM, name="prod", version=version, changes={"lane": lane})
    world.release("1.2.0")
    world.runs("1.2.0", "staging")


def post(version: str):
    wanted = {"application": "payments", "version": version, "environment": "prod"}
    return as_person("dana").post("/deployments", wanted)


def vote(deployment, who: str):
    approval = deployment.approval
    body = {"decision": "approve", "content_hash": approval.content_hash}
    return as_person(who).post(f"/approvals/{approval.pk}/votes", body)


def shown(deployment) -> dict:
    return as_person("dana").get(f"/deployments/{deployment.pk}").json()


def test_with_supersede_the_newer_one_ends_the_older_when_its_gate_is_satisfied(world):
    policy(world, "supersede")
    older, newer = world.asked("1.1.0"), world.asked("1.2.0")
    assert vote(newer, "rita").status_code == 201
    assert shown(older)["state"] == "needs_approval", "one of two keys satisfies nothing"
    assert vote(newer, "omar").status_code == 201
    body = shown(older)
    assert (body["state"], body["superseded_by"]) == ("superseded", newer.pk)
    assert body["approval"]["state"] == "closed"
    assert only_event("deployment.superseded")["data"]["by"] == newer.pk
    late = vote(older, "rita")
    assert problem(late)[:2] == (409, "not_open")
    assert late.json()["superseded_by"] == newer.pk


def test_whoever_asked_for_the_older_one_is_told_what_took_its_place(world):
    policy(world, "supersede")
    older, newer = world.asked("1.1.0"), world.asked("1.2.0")
    for who in ("rita", "omar"):
        world.vote(newer, who)
    dana = Browser("dana")
    inbox = dana.get("/inbox")
    decided = inbox.html[inbox.html.index('id="decided"') :]
    assert f'href="/deployments/{older.pk}"' in decided
    assert "1.2.0 took its place." in decided
    page = dana.get(f"/deployments/{older.pk}")
    assert "1.2.0 took its place." in page.text
    assert f'href="/deployments/{newer.pk}"' in page.html


def test_what_runs_is_not_superseded_and_the_second_waits_for_the_lane(world):
    policy(world, "supersede")
    first = world.running("1.1.0")
    second = world.settle(world.approved("1.2.0"))
    body = shown(second)
    assert (body["state"], body["waiting_for"]) == ("waiting", "lane")
    assert [reason["code"] for reason in body["reasons"]] == ["lane_busy"]
    assert world.start(second).state == "waiting", "one runs in a lane at a time"
    assert shown(first)["state"] == "running"
    assert events("deployment.superseded") == []


def test_in_a_queue_nobody_is_superseded_and_the_first_that_asked_goes_first(world):
    policy(world, "queue")
    world.release("1.3.0")
    world.runs("1.3.0", "staging")
    running = world.running("1.1.0")
    first, second = world.asked("1.2.0"), world.asked("1.3.0")
    for who in ("rita", "omar"):
        world.vote(second, who)
        world.vote(first, who)
    for row in (first, second):
        body = shown(world.settle(row))
        assert (body["state"], body["waiting_for"]) == ("waiting", "lane")
        assert body["reasons"][0]["object"] == f"deployment:{running.pk}"
    world.move(running, State.VERIFYING, State.SUCCEEDED)
    (reason,) = shown(world.settle(second))["reasons"]
    assert (reason["code"], reason["object"]) == ("lane_busy", f"deployment:{first.pk}")
    assert world.start(second).state == "waiting"
    world.move(world.start(first), State.VERIFYING, State.SUCCEEDED)
    assert world.start(second).state == "running"
    assert events("deployment.superseded") == []


def test_with_reject_a_second_request_is_409_makes_nothing_and_is_on_record(world):
    policy(world, "reject")
    first = world.asked("1.1.0")
    before = Deployment.objects.count()
    answer = post("1.2.0")
    assert problem(answer)[:2] == (409, "denied")
    (reason,) = [reason for reason in answer.json()["reasons"] if reason["code"] == "lane_rejected"]
    assert "1.1.0" in reason["text"]
    assert Deployment.objects.count() == before
    assert "lane_rejected" in only_event("deployment.denied")["data"]["codes"]
    assert shown(first)["state"] == "needs_approval"


def test_with_reject_the_lane_is_free_again_once_the_first_has_ended(world):
    policy(world, "reject")
    first = world.asked("1.1.0")
    as_person("dana").post(f"/deployments/{first.pk}/cancel", {"reason": "Not today"})
    assert world.fresh(first).state == "cancelled"
    assert post("1.2.0").status_code == 202


@pytest.mark.parametrize("lane", ["supersede", "queue", "reject"])
def test_the_same_request_again_is_the_open_one_whatever_the_policy(world, lane):
    policy(world, lane)
    first = world.asked("1.2.0")
    again = post("1.2.0")
    assert (again.status_code, again.json()["id"]) == (200, first.pk)
