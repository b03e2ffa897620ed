"""A vote in another's place: one person, one key, and no way round the separation of duties (C13)."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.actions.vote import vote
from approvals.models import ApprovalRequest, Vote
from approvals.picture import look
from approvals.queries import waiting_for
from approvals.representations import full
from audit.models import AuditEvent
from deployments.history import approvals_in_words
from kernel.clock import now
from kernel.refusals import Refusal
from teams.actions.delegate import delegate
from teams.actions.end_delegation import end_delegation
from teams.actions.set_group_members import set_group_members
from teams.models import Delegation, Person
from tests.deployments.world import SYSTEM
from tests.people import email_of
from tests.teams.events import events

pytestmark = pytest.mark.django_db
OWNERS, RM = "payments-owners", "release-managers"


def lend(world, principal: str, to: str, group: str = OWNERS, days: float = 7) -> Delegation:
    at = now()
    times = {"since": at.isoformat(), "until": (at + timedelta(days=days)).isoformat()}
    return delegate(actor=world.actor(principal), group=group, to=to, reason="On holiday.", **times)


def who(name: str) -> Person:
    return Person.objects.get(username=name)


def stored(asked) -> ApprovalRequest:
    return ApprovalRequest.objects.get(pk=asked.approval_id)


def refused(world, asked, name: str, **more) -> Refusal:
    before = list(Vote.objects.values())
    with pytest.raises(Refusal) as caught:
        world.vote(asked, name, **more)
    assert list(Vote.objects.values()) == before
    return caught.value


def related(asked, *rows) -> None:
    found = [{"relation": relation, "person": who(name).pk, "email": None} for relation, name in rows]
    ApprovalRequest.objects.filter(pk=asked.approval_id).update(relations=found)


def test_a_delegate_turns_the_key_for_whom_they_stand_in(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    result = world.vote(asked, "zoe")
    assert (result.slot, result.state) == (OWNERS, "open")
    row = Vote.objects.get()
    assert (row.person.username, row.on_behalf_of.username, row.groups) == ("zoe", "omar", [OWNERS])
    assert row.delegation_id == lent.pk
    assert world.vote(asked, "rita").state == "satisfied"
    assert world.start(asked).state == "running"


def test_the_record_says_for_whom(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    data = events("vote.cast")[0]["data"]
    assert (data["person"], data["on_behalf_of"]) == (who("zoe").pk, who("omar").pk)
    assert (data["delegation"], data["groups"], data["slot"]) == (lent.pk, [OWNERS], OWNERS)
    shown = full(stored(asked))["votes"][0]
    assert (shown["by"], shown["on_behalf_of"], shown["slot"]) == ("zoe", "omar", OWNERS)
    assert approvals_in_words(world.fresh(asked)).startswith("zoe for omar (payments-owners) approve ")


def test_a_vote_in_ones_own_place_says_nothing_of_it(world):
    asked = world.asked()
    world.vote(asked, "omar")
    assert not {"on_behalf_of", "delegation"} & set(events("vote.cast")[0]["data"])
    assert full(stored(asked))["votes"][0]["on_behalf_of"] is None


def test_the_delegate_sees_what_they_are_to_decide(world):
    asked = world.asked()
    assert refused(world, asked, "zoe").code == "not_found"
    lend(world, "omar", "zoe")
    assert [row.pk for row in waiting_for(world.actor("zoe"))] == [asked.approval_id]
    can_fill = {row["group"]: row["people"] for row in full(stored(asked))["can_fill"]}
    assert can_fill == {RM: ["rita", "rosa"], OWNERS: ["olga", "omar", "rosa", "zoe"]}


@pytest.mark.parametrize("relation", ["requester", "submitter", "author"])
def test_a_delegate_who_had_a_hand_in_it_is_refused(world, relation):
    asked = world.asked()
    lend(world, "omar", "dave")
    related(asked, (relation, "dave"))
    with pytest.raises(Refusal) as caught:
        vote(
            actor=world.actor("dave"),
            request_id=asked.approval_id,
            decision="approve",
            content_hash=stored(asked).content_hash,
            comment="",
            at=now(),
        )
    assert (caught.value.code, caught.value.extra["relation"]) == ("separation_of_duties", relation)
    assert not Vote.objects.exists()


def test_nobody_approves_their_own_by_a_friend(world):
    """rosa asks for it herself and lets zoe hold her key of the owners."""
    asked = world.asked(by="rosa")
    lend(world, "rosa", "zoe")
    found = refused(world, asked, "zoe")
    assert (found.code, found.extra["relation"], found.extra["on_behalf_of"]) == (
        "separation_of_duties",
        "requester",
        "rosa",
    )
    assert waiting_for(world.actor("zoe")) == []
    can_fill = {row["group"]: row["people"] for row in full(stored(asked))["can_fill"]}
    assert "zoe" not in can_fill[OWNERS]


def test_whoever_is_kept_out_afterwards_takes_their_delegates_vote_along(world):
    asked = world.asked()
    lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    world.vote(asked, "rita")
    assert look(stored(asked)).state.satisfied is True
    related(asked, ("author", "omar"))
    picture = look(stored(asked))
    assert (picture.state.satisfied, picture.state.lost) == (False, (who("zoe").pk,))


def test_giver_and_delegate_never_both_count(world):
    asked = world.asked()
    lend(world, "omar", "zoe")
    world.vote(asked, "omar")
    assert refused(world, asked, "zoe").code == "already_voted"
    world.vote(asked, "omar", decision="withdraw")
    world.vote(asked, "zoe")
    found = refused(world, asked, "omar")
    assert (found.code, found.detail) == (
        "already_voted",
        "Somebody you delegated to has voted in your place.",
    )
    assert waiting_for(world.actor("omar")) == []


def test_a_gate_with_two_keys_of_one_group_needs_two_people_still(world):
    world.change_gate("prod", slots=[{"group": OWNERS, "count": 2}])
    asked = world.asked()
    lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    assert refused(world, asked, "omar").code == "already_voted"
    assert stored(asked).state == "open"
    assert world.vote(asked, "olga").state == "satisfied"


def test_a_delegate_with_a_key_of_their_own_fills_one_slot(world):
    asked = world.asked()
    lend(world, "omar", "rita")
    assert world.vote(asked, "rita").slot == RM
    assert refused(world, asked, "rita").code == "already_voted"
    assert stored(asked).state == "open"
    assert Vote.objects.get().on_behalf_of is None


def test_where_their_own_key_is_turned_they_turn_the_lent_one(world):
    asked = world.asked()
    lend(world, "omar", "rita")
    world.vote(asked, "rosa")
    result = world.vote(asked, "rita")
    assert result.state == "satisfied"


def test_what_was_taken_back_counts_no_longer_and_the_giver_may_vote(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    world.vote(asked, "rita")
    end_delegation(actor=world.actor("omar"), delegation_id=lent.pk, reason="Back again.")
    assert look(stored(asked)).state.lost == (who("zoe").pk,)
    assert world.start(world.fresh(asked)).state != "running"
    assert world.vote(asked, "omar").slot == OWNERS
    assert world.start(world.fresh(asked)).state == "running"


def test_after_its_last_day_it_counts_no_longer(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    row = stored(asked)
    assert look(row, lent.until - timedelta(seconds=1)).state.lost == ()
    assert look(row, lent.until).state.lost == (who("zoe").pk,)


def test_a_giver_who_leaves_the_group_takes_it_along_for_good(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    set_group_members(actor=SYSTEM, name=OWNERS, members=["olga", "rosa"])
    assert look(stored(asked)).state.lost == (who("zoe").pk,)
    set_group_members(actor=SYSTEM, name=OWNERS, members=["omar", "olga", "rosa"])
    assert look(stored(asked)).state.lost == (who("zoe").pk,)
    assert Delegation.objects.get(pk=lent.pk).ended_at is not None
    assert events("delegation.ended")[0]["data"]["why"] == "left the group"


def test_a_giver_who_is_no_longer_active_lends_nothing(world):
    asked = world.asked()
    lend(world, "omar", "zoe")
    Person.objects.filter(username="omar").update(is_active=False)
    assert refused(world, asked, "zoe").code == "not_found"


def test_another_account_of_the_giver_is_not_counted_beside_the_delegate(world):
    world.change_gate("prod", slots=[{"group": OWNERS, "count": 2}])
    asked = world.asked()
    lend(world, "omar", "zoe")
    EmailAddress.objects.create(user=who("olga"), email=email_of("omar"), verified=True)
    world.vote(asked, "zoe")
    assert refused(world, asked, "olga").code == "already_voted"


def test_a_delegation_that_somebody_slipped_into_the_table_lends_nothing(world):
    asked, lent = world.asked(), lend(world, "omar", "zoe")
    world.vote(asked, "zoe")
    forged = Delegation.objects.create(
        group_id=OWNERS,
        principal=who("olga"),
        delegate=who("zoe"),
        since=lent.since,
        until=lent.until,
        reason="-",
        created_at=lent.created_at,
    )
    row = Vote.objects.get()
    Vote.objects.filter(pk=row.pk).update(delegation=forged)
    assert look(stored(asked)).unproven == {row.pk: "log_differs"}
    Vote.objects.all().delete()
    end_delegation(actor=world.actor("omar"), delegation_id=lent.pk, reason="Back again.")
    cast = world.vote(asked, "zoe").vote
    assert cast.delegation_id == forged.pk
    assert look(stored(asked)).unproven == {cast.pk: "delegation_not_in_log"}


def test_a_rejection_may_be_given_for_another(world):
    asked = world.asked()
    lend(world, "omar", "zoe")
    result = world.vote(asked, "zoe", decision="reject", comment="The change set is not what we agreed.")
    assert result.state == "rejected"


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    hand=st.sampled_from(["requester", "submitter", "author"]),
    whose=st.sampled_from(["omar", "olga", "rosa"]),
    data=st.data(),
)
def test_no_delegation_lets_whoever_had_a_hand_in_it_fill_a_slot(world, hand, whose, data):
    """Directly, or by whoever stands in for them: their delegates are refused, whatever else they hold."""
    with transaction.atomic():
        asked = world.asked()
        to = data.draw(st.sampled_from(["zoe", "dave", "rita"]))
        lend(world, whose, to)
        ApprovalRequest.objects.filter(pk=asked.approval_id).update(
            relations=[{"relation": hand, "person": who(whose).pk, "email": None}]
        )
        row = stored(asked)
        assert who(whose).pk not in look(row).eligible
        assert OWNERS not in look(row).eligible.get(who(to).pk, frozenset())
        transaction.set_rollback(True)
    assert not AuditEvent.objects.filter(kind="vote.cast").exists()
