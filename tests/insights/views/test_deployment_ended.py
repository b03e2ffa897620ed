"""The page of a deployment that has ended speaks of what was, not of what is to come."""

import re

from builds.models import Evidence
from deployments.models import Deployment, Step
from deployments.states import State
from kernel.clock import now
from tests.insights.views.test_deployment import card, path_of

NOT_OVER = ("Waiting", "To come", "not pinned yet", "not assumed yet", "No report yet", "not there yet")
SMOKE = {"tests": 8, "passed": 8, "failed": 0, "errors": 0, "skipped": 0}


def report(deployment, build, verdict: str, summary: dict, problems=()) -> None:
    Evidence.objects.create(
        build=build,
        subject=f"deployment:{deployment.pk}",
        kind="junit",
        name="smoke #1",
        state="parsed",
        verdict=verdict,
        summary=summary,
        problems=list(problems),
        digest="sha256:0",
        size=1,
        posted_by="system:worker",
        created_at=now(),
    )


def test_a_rejected_one_says_first_who_rejected_it_and_why(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar", "reject", "The ledger is not tested at all.")
    answer = rita.get(path_of(deployment))
    head = re.search(r'class="deployment-state".*?</div>', answer.html, re.DOTALL)[0]
    assert "Rejected by omar: The ledger is not tested at all." in head
    assert "still open" not in head
    assert [r["text"] for r in world.fresh(deployment).reasons] == ["Rejected by omar."]


def test_one_that_ended_before_its_start_goes_on_with_nothing(world, rita):
    deployment = world.request()
    deployment = world.move(deployment, State.CANCELLED)
    answer = rita.get(path_of(deployment))
    page = answer.html[answer.html.index('class="deployment-grid"') :]
    for words in NOT_OVER:
        assert words not in page, words
    assert "Not reached" in card(answer, "steps")
    assert "Would have replaced 1.0.0" in answer.text
    assert "never computed" in card(answer, "changes")
    assert "No plan to see" in card(answer, "changes")


def test_a_plan_that_failed_says_what_aws_said(world, rita):
    deployment = world.request()
    Deployment.objects.filter(pk=deployment.pk).update(
        plan_data={"failed": True, "detail": "Template error: X."}
    )
    changes = card(rita.get(path_of(world.move(deployment, State.FAILED))), "changes")
    assert "The plan could not be computed" in changes
    assert "Template error: X." in changes
    assert "not there yet" not in changes


def test_tests_before_and_after_going_back_stand_apart_with_the_case_that_failed(world, rita):
    deployment = world.move(world.running(), State.VERIFYING)
    back = world.get_release("1.0.0")
    failed = {**SMOKE, "passed": 7, "failed": 1}
    why = {"code": "case_failed", "detail": "test_pays: expected 200, was 500"}
    report(deployment, deployment.release.build, "fail", failed, [why])
    report(deployment, back.build, "pass", SMOKE)
    deployment = world.move(deployment, State.ROLLING_BACK, rolled_back_to="1.0.0")
    tests = card(rita.get(path_of(world.move(deployment, State.ROLLED_BACK))), "tests")
    before, after = tests.split("1.0.0, after going back")
    assert "1.1.0, before going back" in before
    assert "7 of 8 passed, 1 failed" in before
    assert "test_pays: expected 200, was 500" in before
    assert "8 of 8 passed" in after


def test_the_checks_of_a_rejected_one_wait_for_nobody(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar", "reject", "The ledger is not tested at all.")
    for path in (path_of(deployment), f"/approvals/{deployment.approval_id}"):
        checks = card(rita.get(path), "checks")
        assert "Ended here" in checks
        assert "It was open when this ended." in checks
        assert "Waiting" not in checks
        assert "can turn it" not in checks


def test_tests_after_going_back_have_a_name_of_their_own_and_the_failed_step_is_counted(world, rita):
    deployment = world.running()
    Step.objects.filter(deployment=deployment).update(state="done")
    Step.objects.filter(deployment=deployment, kind="test").update(state="failed")
    for seq, kind in ((8, "rollback"), (9, "test")):
        Step.objects.create(deployment=deployment, seq=seq, kind=kind, state="done")
    deployment = world.move(deployment, State.VERIFYING, State.ROLLING_BACK, rolled_back_to="1.0.0")
    steps = card(rita.get(path_of(world.move(deployment, State.ROLLED_BACK))), "steps")
    names = re.findall(r'class="step-name">([^<]+?) <', steps)
    assert names[-3:] == ["Test", "Roll back", "Test again"]
    assert "8 of 9 steps, 1 failed" in steps
