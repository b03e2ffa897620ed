"""What a vote in another's place is worth once that place is lent no more: nothing, and for good (C13, C27)."""

import pytest

from approvals.actions.vote import vote
from approvals.models import Vote
from approvals.picture import look
from kernel.clock import now
from kernel.refusals import Refusal
from teams.actions.end_delegation import end_delegation
from teams.actions.set_group_members import set_group_members
from tests.approvals.actions.test_vote_for_another import OWNERS, lend, stored, who
from tests.deployments.world import SYSTEM
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


def test_whoever_was_let_in_before_the_delegation_ended_votes_no_more(world):
    """The vote and the end of the delegation race: what holds under the request's lock decides."""
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    early = world.actor("zoe")
    end_delegation(actor=world.actor("omar"), delegation_id=lent.pk, reason="Back again.")
    with pytest.raises(Refusal) as caught:
        cast_early(asked, early)
    assert caught.value.code == "not_eligible"
    assert not Vote.objects.exists()
    assert events("vote.cast") == []
    assert stored(asked).state == "open"


def test_whoever_was_let_in_before_they_left_the_group_votes_no_more(world):
    asked, early = world.asked(), world.actor("omar")
    set_group_members(actor=SYSTEM, name=OWNERS, members=["olga", "rosa"])
    with pytest.raises(Refusal) as caught:
        cast_early(asked, early)
    assert caught.value.code == "not_eligible"
    assert not Vote.objects.exists()


def test_a_vote_falls_into_the_place_that_is_lent_when_it_is_cast(world):
    asked, first = world.asked(), lend(world, "omar", "zoe")
    early = world.actor("zoe")
    end_delegation(actor=world.actor("omar"), delegation_id=first.pk, reason="Back again.")
    second = lend(world, "olga", "zoe")
    row = cast_early(asked, early).vote
    assert (row.delegation_id, row.on_behalf_of.username) == (second.pk, "olga")


def cast_early(asked, actor):
    """The vote of somebody whose places were read before."""
    content_hash = stored(asked).content_hash
    values = {"decision": "approve", "content_hash": content_hash, "comment": "", "at": now()}
    return vote(actor=actor, request_id=asked.approval_id, **values)
