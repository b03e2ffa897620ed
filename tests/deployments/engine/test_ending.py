"""A deployment that did not work: failed and said so, or on its way back, or not touched by whoever lost it."""

import pytest
from django.db.models import F

from deployments.engine import ending
from deployments.executor import Failed
from deployments.models import Deployment, DeploymentLog, Lane, Step
from kernel.refusals import LostRace
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
FAILED = Failed("The template is not valid.", code="creation_failed", changed=False)


@pytest.fixture
def started(world):
    return world.start(world.asked("1.1.0", "dev"))


@pytest.fixture
def work(world, started):
    with world.working(started) as work:
        yield work


def step(row, kind: str = "apply") -> Step:
    return Step.objects.filter(deployment=row, kind=kind).latest("seq")


def lane() -> Lane:
    return Lane.objects.get(environment="dev")


def shown(row) -> list[tuple[str, str]]:
    rows = Step.objects.filter(deployment=row, kind__in=("apply", "test", "bake", "rollback"))
    return list(rows.order_by("seq").values_list("kind", "state"))


def through_doubt(world, work, *states) -> None:
    world.move(work.deployment, *states)
    work.deployment = world.fresh(work.deployment)


def test_failing_says_why_everywhere_and_frees_the_lane(world, work):
    running_before = (lane().version, lane().deployment_id)
    again = ending.fail(work, step(work.deployment), FAILED)
    row = world.fresh(work.deployment)
    assert (row.state, row.ended_at is not None, again.after) == ("failed", True, 0)
    assert [(r["code"], r["text"]) for r in row.reasons] == [("creation_failed", FAILED.detail)]
    assert shown(row) == [("apply", "failed"), ("test", "skipped")]
    assert step(row).detail == FAILED.detail
    assert "failed: The template is not valid." in DeploymentLog.objects.filter(deployment=row).last().text
    assert (lane().in_progress_id, (lane().version, lane().deployment_id)) == (None, running_before)
    assert only_event("deployment.failed")["data"]["code"] == "creation_failed"


def test_from_doubt_it_goes_back_into_its_phase_before_it_fails(world, work):
    through_doubt(world, work, "uncertain")
    ending.fail(work, step(work.deployment), FAILED)
    went = [
        e["data"]["to"]
        for e in events()
        if e["subject"] == f"deployment:{work.deployment.pk}" and "to" in e["data"]
    ]
    assert went[-3:] == ["uncertain", "running", "failed"]


@pytest.mark.parametrize("how", ["fail", "begin_rollback"])
def test_whoever_lost_the_lease_ends_nothing(world, work, how):
    Deployment.objects.filter(pk=work.deployment.pk).update(lease_epoch=F("lease_epoch") + 1)
    before = (shown(work.deployment), len(events()))
    with pytest.raises(LostRace):
        getattr(ending, how)(work, step(work.deployment), FAILED if how == "fail" else "It broke.")
    assert world.fresh(work.deployment).state == "running"
    assert (shown(work.deployment), len(events())) == before
    Deployment.objects.filter(pk=work.deployment.pk).update(lease_epoch=F("lease_epoch") - 1)


@pytest.mark.parametrize(("aws_did_it", "state"), [(False, "running"), (True, "done")])
def test_going_back_names_the_release_keeps_the_lane_and_adds_its_steps(world, work, aws_did_it, state):
    back_to = lane().deployment
    ending.begin_rollback(work, step(work.deployment), "The tests failed.", aws_did_it=aws_did_it)
    row = world.fresh(work.deployment)
    assert (row.state, row.rolled_back_to) == ("rolling_back", back_to.version)
    assert shown(row) == [("apply", "failed"), ("test", "skipped"), ("rollback", state), ("test", "pending")]
    assert step(row, "rollback").data == {"to": back_to.pk}
    assert (lane().in_progress_id, lane().version) == (row.pk, back_to.version)
    assert only_event("deployment.rolling_back")["data"]["back_to"] == back_to.version


@pytest.mark.parametrize(("kind", "phase"), [("apply", "running"), ("test", "verifying")])
def test_out_of_doubt_it_goes_back_by_way_of_the_phase_it_was_in(world, work, kind, phase):
    through_doubt(world, work, *(["verifying"] if kind == "test" else []), "uncertain")
    ending.begin_rollback(work, step(work.deployment, kind), "It broke.")
    went = [
        e["data"]["to"]
        for e in events()
        if e["subject"] == f"deployment:{work.deployment.pk}" and "to" in e["data"]
    ]
    assert went[-3:] == ["uncertain", phase, "rolling_back"]


def test_without_a_verified_release_to_go_back_to_it_fails_and_says_so(world, work):
    lane().deployment.__class__.objects.filter(pk=lane().deployment_id).update(state="rollback_failed")
    ending.begin_rollback(work, step(work.deployment), "The tests failed.")
    row = world.fresh(work.deployment)
    assert (row.state, row.rolled_back_to, row.reasons[0]["code"]) == ("failed", "", "no_rollback_target")
    assert row.reasons[0]["text"] == "The tests failed. There is no verified release to go back to."
    assert not Step.objects.filter(deployment=row, kind="rollback").exists()


def test_only_what_succeeded_in_this_very_lane_is_gone_back_to(world, started):
    verified = ending.last_verified(started)
    assert (verified, verified.state) == (lane().deployment, "succeeded")
    Lane.objects.filter(environment="dev").update(deployment=None)
    assert ending.last_verified(started) is None
    Lane.objects.filter(environment="dev").delete()
    assert ending.last_verified(started) is None, "what runs in staging is nothing to go back to here"
