"""What a vote in another's place is worth once that place is lent no more: nothing, and for good (C13, C27)."""

import pytest

from approvals.models import Vote
from approvals.picture import look
from teams.actions.end_delegation import end_delegation
from tests.approvals.actions.test_vote_for_another import OWNERS, lend, stored, who
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def test_a_start_names_the_votes_that_counted_and_none_whose_place_was_taken_back(world):
    """Both of omar's keys in one proof would be two votes of one person, to whoever checks the log offline."""
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    stale = world.vote(asked, "zoe").vote
    end_delegation(actor=world.actor("omar"), delegation_id=lent.pk, reason="Back again.")
    given = [world.vote(asked, name).vote for name in ("omar", "rita")]
    assert world.start(world.fresh(asked)).state == "running"
    data = events("deployment.running")[-1]["data"]
    assert data["votes"] == [vote.pk for vote in given]
    assert data["approvers"] == [who("omar").pk, who("rita").pk]
    assert stale.pk not in data["votes"]
    assert Vote.objects.get(pk=stale.pk).withdrawn_at is None


def test_a_vote_whose_place_was_taken_back_does_not_come_back_with_the_next_delegation(world):
    asked, first = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    world.vote(asked, "rita")
    end_delegation(actor=world.actor("omar"), delegation_id=first.pk, reason="Back again.")
    second = lend(world, "omar", "zoe")
    picture = look(stored(asked))
    assert (picture.state.satisfied, picture.state.lost) == (False, (who("zoe").pk,))
    assert [vote.person.username for vote in picture.counting] == ["rita"]
    assert who("zoe").pk not in picture.eligible
    assert world.start(world.fresh(asked)).state != "running"
    world.vote(asked, "zoe", decision="withdraw")
    assert world.vote(asked, "zoe").vote.delegation_id == second.pk
    assert look(stored(asked)).state.satisfied is True
    assert world.start(world.fresh(asked)).state == "running"


def test_with_the_next_delegation_the_giver_votes_for_themselves_and_only_that_counts(world):
    asked, first = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    end_delegation(actor=world.actor("omar"), delegation_id=first.pk, reason="Back again.")
    lend(world, "omar", "zoe")
    assert world.vote(asked, "omar").slot == OWNERS
    picture = look(stored(asked))
    assert [vote.person.username for vote in picture.counting] == ["omar"]
    assert picture.unproven == {}
