"""Who sees which requests, and what waits for whom."""

import pytest

from approvals import queries
from approvals.models import ApprovalRequest
from kernel.actor import Actor
from kernel.refusals import NotFound
from teams.actions.set_group_members import set_group_members
from tests import people
from tests.deployments.world import SYSTEM

pytestmark = pytest.mark.django_db


def waiting(world, who) -> list[str]:
    return [row.pk for row in queries.waiting_for(world.actor(who) if isinstance(who, str) else who)]


@pytest.mark.parametrize("who", ["dana", "dave", "omar", "rita", "aude", "admin"])
def test_the_team_the_owners_slot_holders_and_who_sees_everything_see_it(world, who):
    asked = world.asked()
    assert queries.get_visible(world.actor(who), asked.approval_id).pk == asked.approval_id


def test_an_outsider_and_a_missing_id_get_the_same_answer(world):
    asked = world.asked()
    answers = []
    for actor, request_id in ((world.actor("zoe"), asked.approval_id), (world.actor("rita"), "apr_none")):
        with pytest.raises(NotFound) as caught:
            queries.get_visible(actor, request_id)
        answers.append((caught.value.status, caught.value.code, caught.value.detail))
    assert answers[0] == answers[1]


def test_the_ci_of_another_application_sees_none(world):
    world.asked()
    assert queries.visible_to(people.ci("storefront")).count() == 0
    assert queries.visible_to(world.ci()).count() == 1
    assert queries.visible_to(Actor.anonymous()).count() == 0


def test_what_waits_for_me_is_what_i_can_still_decide(world):
    asked = world.asked()
    assert waiting(world, "rita") == waiting(world, "omar") == [asked.approval_id]
    world.vote(asked, "rita")
    assert waiting(world, "rita") == []
    assert waiting(world, "omar") == [asked.approval_id]


def test_a_withdrawn_or_void_vote_makes_it_wait_again(world):
    asked = world.asked()
    world.vote(asked, "rita")
    world.vote(asked, "rita", "withdraw")
    assert waiting(world, "rita") == [asked.approval_id]
    world.vote(asked, "rita")
    world.plan(asked, digest="sha256:" + "8" * 64)
    assert waiting(world, "rita") == [asked.approval_id]


def test_the_requester_is_not_waited_for_even_with_a_key(world):
    set_group_members(actor=SYSTEM, name="release-managers", members=["rita", "rosa", "dana"])
    world.asked()
    assert waiting(world, "dana") == []
    assert waiting(world, "rosa") != []


def test_nobody_without_a_slot_and_no_machine_is_waited_for(world):
    world.asked()
    assert [waiting(world, who) for who in ("aude", "admin", "dave", "zoe")] == [[]] * 4
    assert waiting(world, world.ci()) == []


@pytest.mark.parametrize("state", ["rejected", "expired", "consumed", "closed"])
def test_an_ended_request_waits_for_nobody(world, state):
    world.asked()
    ApprovalRequest.objects.update(state=state)
    assert waiting(world, "rita") == []
    assert queries.open_requests(world.actor("rita")).count() == 0


def test_the_nearest_deadline_comes_first(world):
    prod = world.asked()
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    staging = world.asked("1.2.0", "staging")
    assert waiting(world, "rita") == [prod.approval_id, staging.approval_id]
    ApprovalRequest.objects.filter(pk=prod.approval_id).update(
        expires_at=staging.approval.expires_at.replace(year=2030)
    )
    assert waiting(world, "rita") == [staging.approval_id, prod.approval_id]


def test_the_inbox_takes_three_queries_however_many_requests(world, django_assert_max_num_queries):
    world.asked()
    actor = world.actor("omar")
    with django_assert_max_num_queries(5):
        assert len(queries.waiting_for(actor)) == 1


def test_an_old_content_is_remembered_by_its_hash(world):
    asked = world.asked()
    old = asked.approval
    new = world.plan(asked, digest="sha256:" + "8" * 64).approval
    assert queries.last_seen_subject(new, old.content_hash) == old.subject
    assert queries.last_seen_subject(new, new.content_hash) == new.subject
    assert queries.last_seen_subject(new, "sha256:" + "0" * 64) is None


def test_locking_answers_as_reading_does(world):
    asked = world.asked()
    assert (
        queries.lock_visible(world.actor("rita"), asked.approval_id).content_hash
        == asked.approval.content_hash
    )
    with pytest.raises(NotFound):
        queries.lock_visible(world.actor("zoe"), asked.approval_id)
    assert ApprovalRequest.objects.get().content_hash == asked.approval.content_hash
