"""Past the gates on one person's word: what it skips, what it never skips, and what is refused."""

from datetime import timedelta

import pytest

from builds.models import Artifact
from deployments.decision import decide
from deployments.engine import pending
from deployments.models import BreakGlass, Deployment, History, Step
from kernel.clock import now
from kernel.refusals import Refusal
from pipelines.models import Environment
from teams.models import Person
from tests.audit.actions.test_append import refusing
from tests.deployments.broken import WHY, broken
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


def refused(world, **more) -> str:
    with pytest.raises(Refusal) as caught:
        broken(world, **more)
    assert events("break_glass.opened") == []
    assert not BreakGlass.objects.exists()
    return caught.value.code


def state_of(deployment, name: str) -> dict:
    return next(check for check in deployment.checks if check["name"] == name)


def test_it_starts_without_a_key_and_says_for_ever_who_skipped_what_and_why(world):
    row = broken(world)
    running = world.start(world.plan(row.deployment))
    assert (running.state, running.break_glass) == ("running", True)
    people = state_of(running, "people")
    assert (people["state"], people["by"], people["why"]) == ("skipped", "rita", WHY)
    gate = Step.objects.get(deployment=running, kind="gate")
    assert gate.state == "skipped"
    assert "rita" in gate.detail and WHY in gate.detail
    started = events("deployment.running")[-1]["data"]
    assert (started["break_glass"], started["skipped"]) == (row.pk, ["people"])
    assert "approval" not in started
    assert "INC-7" in History.objects.get(pk=running.pk).review


def test_its_event_is_there_with_it_and_holds_no_words_of_people(world):
    row = broken(world, skip=["window", "people"])
    event = only_event("break_glass.opened")
    assert event["subject"] == f"deployment:{row.deployment_id}"
    assert event["data"]["skip"] == ["people", "window"]
    assert WHY not in str(event) and "INC-7" not in str(event)
    private = openings("break_glass.opened")
    assert (private["reason"], private["incident"]) == (WHY, "INC-7")


def test_it_skips_the_order_of_promotion_for_a_hotfix_that_has_been_nowhere(world):
    world.release("1.1.1")
    row = broken(world, "1.1.1", skip=["order", "people"])
    running = world.start(world.plan(row.deployment))
    assert running.state == "running"
    assert state_of(running, "order")["state"] == "skipped"


def test_what_is_not_named_is_not_skipped(world):
    world.release("1.1.1")
    assert refused(world, version="1.1.1", skip=["people"]) == "denied"
    row = broken(world, skip=["order"])
    waiting = world.start(world.plan(row.deployment))
    assert waiting.state == "needs_approval"


def test_the_open_request_of_the_pair_is_let_through_and_its_approval_ends_unused(world):
    asked = world.asked()
    row = broken(world)
    assert row.deployment_id == asked.pk
    running = world.start(world.plan(row.deployment))
    assert (running.state, running.approval.state) == ("running", "closed")


def test_a_full_gate_is_used_although_the_glass_is_broken(world):
    approved = world.approved()
    broken(world)
    running = world.start(approved)
    assert (running.state, running.approval.state) == ("running", "consumed")
    assert events("deployment.running")[-1]["data"]["skipped"] == []


def test_it_supersedes_nothing_and_nothing_supersedes_it(world):
    older = world.asked("1.1.0")
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    running = world.start(world.plan(broken(world, "1.2.0").deployment))
    assert running.state == "running"
    assert world.fresh(older).state == "needs_approval"


def test_after_its_time_an_unstarted_one_goes_the_ordinary_path(world):
    row = broken(world)
    BreakGlass.objects.filter(pk=row.pk).update(until=now() - timedelta(seconds=1))
    waiting = world.start(world.plan(row.deployment))
    assert (waiting.state, waiting.break_glass) == ("needs_approval", True)
    assert state_of(waiting, "people")["state"] == "wait"
    assert Step.objects.get(deployment=waiting, kind="gate").state == "waiting"


def test_once_whoever_broke_it_is_shut_out_nothing_is_skipped_any_more(world):
    planned = world.plan(broken(world).deployment)
    assert decide(planned, world.actor("rosa"), now()).word == "allow"
    Person.objects.filter(username="rita").update(is_active=False)
    assert world.start(planned).started_at is None
    waiting = world.settle(planned)
    assert waiting.state == "needs_approval"
    assert state_of(waiting, "people")["state"] == "wait"
    assert events("deployment.running") == []


def test_after_that_somebody_else_breaks_it_anew_and_it_goes_on_their_word(world):
    planned = world.plan(broken(world).deployment)
    Person.objects.filter(username="rita").update(is_active=False)
    row = broken(world, by="rosa")
    assert row.deployment_id == planned.pk
    running = world.start(planned)
    assert running.state == "running"
    assert state_of(running, "people")["by"] == "rosa"
    assert events("deployment.running")[-1]["data"]["break_glass"] == row.pk


def test_it_runs_out_between_the_decision_and_the_start(world):
    row = broken(world)
    planned = world.plan(row.deployment)
    assert decide(planned, world.actor("rita"), now()).word == "allow"
    BreakGlass.objects.filter(pk=row.pk).update(until=now() - timedelta(seconds=1))
    assert world.start(planned).state != "running"


@pytest.mark.parametrize("state", ["mismatch", "pending"])
def test_an_artifact_that_is_not_what_was_handed_over_is_never_skipped(world, state):
    row = broken(world)
    planned = world.plan(row.deployment)
    Artifact.objects.filter(build=row.deployment.release.build).update(state=state)
    assert world.start(planned).state != "running"
    assert world.settle(planned).state == ("rejected" if state == "mismatch" else "waiting")


def test_a_mismatch_known_beforehand_is_denied_at_once(world):
    Artifact.objects.filter(build=world.get_release("1.1.0").build).update(state="mismatch")
    assert refused(world) == "denied"


def test_a_plan_that_fails_is_never_skipped(world):
    row = broken(world)
    planned = world.plan(row.deployment)
    data = {**planned.plan_data, "failed": True, "detail": "Template error"}
    Deployment.objects.filter(pk=planned.pk).update(plan_data=data)
    assert world.start(planned).state != "running"
    assert world.settle(planned).state == "failed"


def test_a_running_lane_is_never_skipped(world):
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    world.running("1.1.0")
    waiting = world.start(world.plan(broken(world, "1.2.0").deployment))
    assert (waiting.state, waiting.waiting_for) == ("waiting", "lane")


def test_without_the_audit_log_there_is_no_break_glass(world):
    with pytest.raises(Refusal) as caught, refusing("audit_auditevent"):
        broken(world)
    assert caught.value.status == 503
    assert not BreakGlass.objects.exists()
    assert not Deployment.objects.filter(break_glass=True).exists()


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"reason": "too short"}, "reason_too_short"),
        ({"incident": "  "}, "incident_required"),
        ({"skip": []}, "skip_invalid"),
        ({"skip": ["artifact"]}, "skip_invalid"),
        ({"skip": ["people", "plan"]}, "skip_invalid"),
        ({"skip": ["lane"]}, "skip_invalid"),
        ({"skip": ["audit"]}, "skip_invalid"),
        ({"drill": True}, "drill_protected"),
        ({"environment": "nowhere"}, "not_found"),
        ({"version": "9.9.9"}, "not_found"),
        ({"by": "dana"}, "forbidden"),
        ({"by": "omar"}, "forbidden"),
        ({"by": "admin"}, "forbidden"),
        ({"by": "aude"}, "forbidden"),
        ({"by": "zoe"}, "not_found"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(world, more, code):
    assert refused(world, **more) == code


@pytest.mark.parametrize("hours", [-1, 0, 5])
def test_its_end_is_within_four_hours(world, hours):
    assert refused(world, until=now() + timedelta(hours=hours)) == "until_invalid"


def test_by_default_it_ends_after_four_hours_and_skips_all_four(world):
    row = broken(world)
    assert (row.until - row.opened_at, row.skip) == (
        timedelta(hours=4),
        ["order", "standards", "people", "window"],
    )


def test_what_runs_already_cannot_be_let_past_anything(world):
    world.running()
    assert refused(world) == "already_going"


def test_the_glass_is_broken_once(world):
    broken(world)
    with pytest.raises(Refusal) as caught:
        broken(world, by="rosa")
    assert caught.value.code == "already_going"


def test_a_drill_is_held_where_nothing_is_protected_and_is_reviewed_all_the_same(world):
    world.release("1.3.0")
    row = broken(world, "1.3.0", "dev", drill=True)
    assert (row.drill, row.reviewed_at) == (True, None)
    assert only_event("break_glass.opened")["data"]["drill"] is True
    assert "drill of rita" in History.objects.get(pk=row.deployment_id).review


def test_a_vote_against_it_does_not_end_what_asks_nobody(world):
    asked = world.asked()
    broken(world)
    world.vote(asked, "omar", "reject", "Not tonight, please.")
    with world.working(asked) as work:
        assert not pending.end_of_approval(work)


def test_an_overdue_review_blocks_later_normal_deployments_only_where_the_environment_says_so(world):
    row = broken(world)
    world.move(world.start(world.plan(row.deployment)), "verifying", "succeeded")
    BreakGlass.objects.filter(pk=row.pk).update(due_at=now() - timedelta(seconds=1))
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    later = world.approved("1.2.0")
    assert decide(later, world.actor("rita"), now()).word == "allow"
    Environment.objects.filter(pk="prod").update(overdue_review="block")
    verdict = decide(world.fresh(later), world.actor("rita"), now())
    assert (verdict.word, [reason.code for reason in verdict.reasons]) == ("wait", ["review_overdue"])
    assert world.start(later).state != "running"
    broken(world, "1.2.0")
    assert decide(world.fresh(later), world.actor("rita"), now()).word == "allow"


def test_a_queue_does_not_hold_an_emergency_up(world):
    Environment.objects.filter(pk="prod").update(lane="queue")
    world.release("1.2.0")
    first = world.asked("1.1.0")
    Deployment.objects.filter(pk=first.pk).update(state="waiting", waiting_for="window")
    assert world.start(world.plan(broken(world, "1.2.0").deployment)).state == "running"
