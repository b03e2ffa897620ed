"""The last vote, in one process, beside what takes its ground away, in another, on PostgreSQL; many rounds.

Rounds as in test_process_races.py. After each, two processes try to start it: what lost its ground never runs.
"""

import pytest

from approvals.models import ApprovalRequest
from deployments.states import State
from teams.actions.set_group_members import set_group_members
from tests.deployments.test_process_races import ROUNDS, over, racers, started
from tests.deployments.world import GROUPS, SYSTEM, World

__all__ = ["racers"]
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.races,
    pytest.mark.postgresql,
    pytest.mark.timeout(3600 if ROUNDS > 100 else 240),
]
OWNERS = "payments-owners"


def half(world):
    """A new request in prod with rita's key; omar's is the last."""
    world.worker_lives()
    row = world.asked()
    world.vote(row, "rita")
    return world.fresh(row)


def omar(row) -> tuple:
    return ("vote", row.approval_id, "omar", "approve")


def never_started(world, racers, row, number) -> ApprovalRequest:
    """Both try, neither starts it; the request as it is then."""
    starts = racers.race(("start", row.pk), ("start", row.pk))
    found, approval = world.fresh(row), ApprovalRequest.objects.get(pk=row.approval_id)
    assert "running" not in starts, (number, starts)
    assert (found.started_at, started(row), approval.consumed_at) == (None, 0, None), (number, found.state)
    return approval


def together(racers) -> None:
    assert racers.overlapping > racers.rounds / 4, "they were not at it at once: this proves nothing"


def test_the_last_vote_beside_a_change_of_content_starts_nothing(racers):
    world = World.make()
    for number in range(ROUNDS // 4):
        row = half(world)
        vote, changed = racers.race(omar(row), ("change", row.pk, "dana", {"Round": str(number)}))
        assert (vote in {"satisfied", "content_changed"}, changed) == (True, "changed"), (number, vote)
        approval = never_started(world, racers, row, number)
        assert approval.state == "void", number
        assert approval.subject["parameters"]["request"] == {"Round": str(number)}
        assert not approval.votes.filter(void=False).exists(), number
        over(world, row)
    together(racers)


def test_the_last_vote_beside_a_change_of_the_gate_starts_nothing(racers):
    """A third key is asked for; what was bound to the gate before it opens nothing, whoever came first."""
    world = World.make()
    two = [{"group": "release-managers", "count": 1}, {"group": "@owners", "count": 1}]
    three = [{"group": "release-managers", "count": 1}, {"group": "@owners", "count": 2}]
    for number in range(ROUNDS // 4):
        world.change_gate("prod", slots=two)
        row = half(world)
        vote, changed = racers.race(omar(row), ("gate", "prod", {"slots": three}))
        assert (vote in {"satisfied", "content_changed"}, changed) == (True, "changed"), (number, vote)
        never_started(world, racers, row, number)
        approval = world.settle(row).approval
        assert approval.state == "void", number
        assert not approval.votes.filter(void=False).exists(), number
        over(world, row)
    together(racers)


def test_the_last_vote_beside_its_voters_leaving_starts_nothing(racers):
    world = World.make()
    left = [name for name in GROUPS[OWNERS] if name != "omar"]
    for number in range(ROUNDS // 4):
        set_group_members(actor=SYSTEM, name=OWNERS, members=GROUPS[OWNERS])
        row = half(world)
        vote, changed = racers.race(omar(row), ("members", OWNERS, left))
        allowed = {
            "satisfied",
            "open",
            "not_eligible",
            "not_found",
        }  # open: cast, and filling no key any more
        assert (vote in allowed, changed) == (True, "changed"), (number, vote)
        never_started(world, racers, row, number)
        over(world, row)
    together(racers)


def test_the_last_vote_beside_the_end_of_its_time_is_in_time_or_refused(racers):
    """What the sweep ended is ended: it starts only where the sweep found nothing to end."""
    world = World.make()
    for number in range(ROUNDS // 4):
        row = half(world)
        vote, swept = racers.race(omar(row), ("expire", 40 * 86400))
        assert vote in {"satisfied", "not_open"}, (number, vote)
        approval = ApprovalRequest.objects.get(pk=row.approval_id)
        if swept == "expired":
            assert approval.state == "expired", number
            never_started(world, racers, row, number)
        else:
            assert (vote, approval.state) == ("satisfied", "satisfied"), number
            starts = racers.race(("start", row.pk), ("start", row.pk))
            assert (starts.count("running"), started(row)) == (1, 1), (number, starts)
            assert world.fresh(row).state == State.RUNNING
        over(world, row)
    together(racers)
