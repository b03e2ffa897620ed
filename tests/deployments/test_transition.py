"""The only writer of the state: guarded, on the record, and with everything that follows from it."""

import pytest
from django.db import IntegrityError, transaction

from approvals.models import ApprovalRequest
from audit.models import AuditEvent
from deployments.models import Deployment, History, Lane
from deployments.queries import board, environments_of
from deployments.states import HOLDS_LANE, NEXT, State
from deployments.transition import transition
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from kernel.verdicts import wire_time
from tests.teams.events import events, openings

pytestmark = pytest.mark.django_db
WORKER = Actor.system("worker")
S = State


def go(row, to, **more):
    with transaction.atomic():
        transition(row, to, actor=WORKER, at=now(), **more)


def lane() -> Lane:
    return Lane.objects.get(environment_id="prod")


@pytest.mark.parametrize(("state", "to"), [(s, t) for s in State for t in State if t not in NEXT[s]][::7])
def test_a_step_that_is_not_in_the_table_is_a_bug_and_changes_nothing(world, state, to):
    row = world.asked()
    Deployment.objects.filter(pk=row.pk).update(state=state)
    row = world.fresh(row)
    count = AuditEvent.objects.count()
    with pytest.raises(ValueError, match="is not a step"):
        go(row, to)
    assert (world.fresh(row).state, AuditEvent.objects.count()) == (state, count)


def test_a_step_is_one_event_with_from_and_to(world):
    row = world.asked()
    go(row, S.WAITING, waiting_for="window", why="The window is closed.", data={"codes": ["outside_window"]})
    event = events("deployment.waiting")[-1]
    assert event["subject"] == f"deployment:{row.pk}"
    assert event["actor"] == {"id": "worker", "kind": "system", "method": "system"}
    assert event["data"]["from"] == "needs_approval"
    assert event["data"]["to"] == "waiting"
    assert event["data"]["codes"] == ["outside_window"]
    assert "The window" not in str(event)
    assert openings("deployment.waiting")["why"] == "The window is closed."


def test_the_row_as_it_was_read_is_brought_up_to_date(world):
    row = world.asked()
    before = row.state_version
    go(row, S.WAITING, waiting_for="window")
    stored = world.fresh(row)
    assert (row.state, row.waiting_for, row.state_version) == ("waiting", "window", before + 1)
    assert (stored.state, stored.waiting_for, stored.state_version) == ("waiting", "window", before + 1)
    go(row, S.NEEDS_APPROVAL)
    assert world.fresh(row).waiting_for == ""


@pytest.mark.parametrize("column", ["state_version", "lease_epoch"])
def test_a_row_that_moved_meanwhile_is_not_written(world, column):
    row = world.asked()
    Deployment.objects.filter(pk=row.pk).update(**{column: getattr(row, column) + 1})
    count = AuditEvent.objects.count()
    with pytest.raises(LostRace):
        go(row, S.CANCELLED)
    stored = world.fresh(row)
    assert (stored.state, stored.ended_at, AuditEvent.objects.count()) == ("needs_approval", None, count)
    assert ApprovalRequest.objects.get().state == "open"


def test_no_event_no_change(world, monkeypatch):
    row = world.asked()

    def away(**_):
        raise RuntimeError("the log is away")

    monkeypatch.setattr("deployments.transition.append", away)
    with pytest.raises(RuntimeError, match="away"):
        go(row, S.CANCELLED)
    assert world.fresh(row).state == "needs_approval"
    assert History.objects.get(pk=row.pk).state == "needs_approval"
    assert ApprovalRequest.objects.get().state == "open"


@pytest.mark.parametrize(
    ("to", "approval"),
    [
        (S.CANCELLED, "closed"),
        (S.WITHDRAWN, "closed"),
        (S.FAILED, "closed"),
        (S.REJECTED, "rejected"),
        (S.EXPIRED, "expired"),
    ],
)
def test_an_end_before_the_start_ends_the_approval_and_stamps_the_instant(world, to, approval):
    row = world.asked()
    go(row, to)
    assert world.fresh(row).ended_at is not None
    assert ApprovalRequest.objects.get().state == approval
    assert (lane().version, lane().in_progress_id) == ("1.0.0", None)


def test_a_superseded_ones_approval_names_what_superseded_it(world):
    row = world.asked()
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    newer = world.request("1.2.0", "staging")
    go(row, S.SUPERSEDED, superseded_by=newer)
    assert ApprovalRequest.objects.get(pk=row.approval_id).superseded_by == newer.pk
    assert world.fresh(row).superseded_by_id == newer.pk


def test_a_used_up_approval_stays_used_up(world):
    row = world.running()
    go(row, S.FAILED)
    assert ApprovalRequest.objects.get().state == "consumed"


def test_the_lane_shows_what_is_in_progress_and_then_what_runs(world):
    row = world.running()
    assert (lane().version, lane().in_progress_id) == ("1.0.0", row.pk)
    go(row, S.VERIFYING)
    assert lane().in_progress_id == row.pk
    go(row, S.SUCCEEDED)
    assert (lane().version, lane().deployment_id, lane().in_progress_id) == ("1.1.0", row.pk, None)
    assert lane().since == world.fresh(row).ended_at


@pytest.mark.parametrize("end", [S.FAILED, S.CANCELLED])
def test_what_did_not_work_leaves_the_lane_as_it_was(world, end):
    before = lane().deployment_id
    go(world.running(), end)
    assert (lane().version, lane().deployment_id, lane().in_progress_id) == ("1.0.0", before, None)


def test_after_a_rollback_the_old_release_runs(world):
    row = world.running()
    go(row, S.ROLLING_BACK)
    go(row, S.ROLLED_BACK)
    assert (lane().version, lane().in_progress_id) == ("1.0.0", None)


def test_after_a_failed_rollback_nothing_is_claimed_to_run(world):
    row = world.running()
    go(row, S.ROLLING_BACK)
    go(row, S.ROLLBACK_FAILED)
    assert (lane().version, lane().deployment_id, lane().in_progress_id) == ("", row.pk, None)


def test_a_lane_is_made_for_the_first_that_runs_there(world):
    row = world.approved()
    Lane.objects.filter(environment_id="prod").delete()
    world.start(row)
    assert (lane().version, lane().in_progress_id) == ("", row.pk)


def test_two_never_hold_one_lane(world):
    running = world.running()
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    other = world.asked("1.2.0")
    for state in sorted(HOLDS_LANE):
        Deployment.objects.filter(pk=running.pk).update(state=state)
        with pytest.raises(IntegrityError), transaction.atomic():
            Deployment.objects.filter(pk=other.pk).update(state=S.RUNNING)
    assert world.fresh(other).state == "needs_approval"


def test_the_history_row_follows_in_the_same_transaction(world):
    row = world.running()
    assert History.objects.get(pk=row.pk).state == "running"
    go(row, S.FAILED)
    stored = History.objects.get(pk=row.pk)
    assert (stored.state, stored.outcome, stored.ended_at) == ("failed", "failed", world.fresh(row).ended_at)


ENDS = [
    ((S.VERIFYING, S.SUCCEEDED), "1.1.0"),
    ((S.FAILED,), "1.0.0"),
    ((S.ROLLING_BACK, S.ROLLED_BACK), "1.0.0"),
    ((S.ROLLING_BACK, S.ROLLBACK_FAILED), ""),
    ((S.UNCERTAIN, S.NEEDS_HUMAN, S.SUCCEEDED), "1.1.0"),
]


@pytest.mark.parametrize(("way", "version"), ENDS)
def test_board_and_release_are_current_inside_the_transaction_that_ends_it_and_go_back_with_it(
    world, way, version
):
    row, rita = world.running(), world.actor("rita")

    def shown():
        place = board(rita, environment="prod").get()
        return place.version, place.in_progress_id, environments_of([row.release])[row.release_id]["prod"]

    with transaction.atomic():
        for state in way:
            go(row, state)
        at = wire_time(world.fresh(row).ended_at)
        assert shown() == (version, None, {"deployment": row.pk, "state": way[-1], "at": at})
        transaction.set_rollback(True)
    running = {"deployment": row.pk, "state": "running", "at": wire_time(row.started_at)}
    assert shown() == ("1.0.0", row.pk, running)


def test_every_step_of_a_deployment_has_its_event(world):
    row = world.succeeded()
    kinds = [e["kind"] for e in events() if e["subject"] == f"deployment:{row.pk}"]
    moves = [kind for kind in kinds if kind != "deployment.requested"]
    assert len(moves) == world.fresh(row).state_version - 1
