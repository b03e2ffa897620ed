"""Two operating system processes at once on PostgreSQL, many rounds: each has one outcome, every time.

100 rounds in the ordinary run; `make races` sets RELEASEGATE_TEST_RACE_ROUNDS to 1,000. Votes and posts run a
quarter of them, each kind. The same races between threads, on both databases: test_races.py.
"""

import os

import pytest

from approvals.models import ApprovalRequest, Vote
from audit.models import AuditEvent
from builds.models import Build
from deployments.models import Lane
from deployments.states import State
from tests.deployments.racing import Racers
from tests.deployments.world import World
from tests.teams.events import events

ROUNDS = int(os.environ.get("RELEASEGATE_TEST_RACE_ROUNDS") or 100)
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.races,
    pytest.mark.postgresql,
    pytest.mark.timeout(3600 if ROUNDS > 100 else 240),
]


@pytest.fixture
def racers(database_url, tmp_path, record_property):
    """Two processes on this test's database; at the end, in how many rounds both were at it at once."""
    racers = Racers(database_url, tmp_path)
    yield racers
    racers.stop()
    record_property("rounds", racers.rounds)
    record_property("overlapping", racers.overlapping)
    print(f"{racers.overlapping} of {racers.rounds} rounds overlapped")


def started(deployment) -> int:
    """How often the log says that it started."""
    return AuditEvent.objects.filter(kind="deployment.running", subject=f"deployment:{deployment.pk}").count()


def over(world, deployment) -> None:
    """The round is done: the lane is free, and the next one asks anew."""
    row = world.fresh(deployment)
    if row.state == State.RUNNING:
        world.move(row, State.FAILED)
    elif row.ended_at is None:
        world.move(row, State.CANCELLED)


def test_of_two_workers_in_two_processes_one_starts_the_deployment_every_round(racers):
    world = World.make(versions=("1.0.0", "1.1.0"), stages={"dev": {}, "staging": {}})
    for number in range(ROUNDS):
        world.worker_lives()
        row = world.asked("1.1.0", "dev")
        answers = racers.race(("claim", row.pk), ("claim", row.pk))
        assert sorted(answers) == ["held by the other", "running"], number
        assert (started(row), Lane.objects.get(environment="dev").in_progress_id) == (1, row.pk), number
        assert world.fresh(row).lease_epoch == row.lease_epoch + 1
        over(world, row)
    assert racers.overlapping > ROUNDS / 4, "they were not at it at once: this proves nothing"


PAIRS = [
    (("rita", "approve"), ("omar", "approve"), {("open", "satisfied")}, "running"),
    (("rita", "approve"), ("rita", "approve"), {("already_voted", "open")}, "needs_approval"),
    (("rita", "approve"), ("omar", "reject"), {("open", "rejected"), ("not_open", "rejected")}, "rejected"),
]


@pytest.mark.parametrize(("one", "two", "expected", "state"), PAIRS)
def test_two_votes_in_two_processes_and_then_two_starts(racers, one, two, expected, state):
    """Both start afterwards without the lease between them: one start, and one approval used up, or none."""
    world = World.make()
    for number in range(ROUNDS // 4):
        world.worker_lives()
        row = world.asked()
        answers = racers.race(("vote", row.approval_id, *one), ("vote", row.approval_id, *two))
        assert tuple(sorted(answers)) in expected, (number, answers)
        starts = racers.race(("start", row.pk), ("start", row.pk))
        found, approval = world.fresh(row), ApprovalRequest.objects.get(pk=row.approval_id)
        assert (found.state, started(row)) == (state, int(state == "running")), (number, starts)
        if state == "running":
            assert starts.count("running") == 1, (number, starts)
            assert (approval.state, Vote.objects.filter(request=approval).count()) == ("consumed", 2)
        else:
            assert approval.consumed_at is None
        over(world, row)
    assert racers.overlapping > racers.rounds / 4, "they were not at it at once: this proves nothing"


def test_two_identical_posts_in_two_processes_are_one_build(racers):
    World.make(versions=(), stages={"dev": {}})
    for number in range(ROUNDS // 4):
        version = f"3.{number}.0"
        assert sorted(racers.race(("post", version), ("post", version))) == [False, True], number
        assert Build.objects.filter(version=version).count() == 1
    assert len(events("build.received")) == len(events("release.cut")) == ROUNDS // 4
