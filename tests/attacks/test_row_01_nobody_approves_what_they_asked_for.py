"""Self-approval: refused when it is cast, and not counted at the start if it got there all the same."""

import random

import pytest

from approvals.models import ApprovalRequest
from approvals.picture import look
from approvals.rules import RELATIONS
from kernel.refusals import Refusal
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def dana_holds_a_key(world):
    set_group_members(actor=SYSTEM, name="release-managers", members=["dana", "rita"])
    return world


def test_the_requester_is_refused_even_with_a_key(dana_holds_a_key):
    world = dana_holds_a_key
    with pytest.raises(Refusal) as caught:
        world.vote(world.asked(), "dana")
    assert (caught.value.code, caught.value.extra["relation"]) == ("separation_of_duties", "requester")


def test_who_becomes_related_after_the_vote_counts_no_longer_at_the_start(world):
    asked = world.approved()
    request = ApprovalRequest.objects.get(pk=asked.approval_id)
    rita = Person.objects.get(username="rita")
    ApprovalRequest.objects.filter(pk=request.pk).update(
        relations=[*request.relations, {"relation": "author", "person": rita.pk, "email": None}]
    )
    assert world.start(asked).state != "running"


def test_whoever_is_related_by_an_excluded_relation_never_fills_a_slot(world):
    """Two hundred random sets of relations, exclusions and votes, against the definition."""
    chance = random.Random(20_261_127)
    asked = world.approved()
    request = ApprovalRequest.objects.get(pk=asked.approval_id)
    people = {p.username: p for p in Person.objects.filter(username__in=["rita", "rosa", "omar", "olga"])}
    for _ in range(200):
        rows = []
        for _ in range(chance.randrange(4)):
            who = people[chance.choice(list(people))]
            by_id = chance.random() < 0.5
            row = {"relation": chance.choice(RELATIONS), "person": who.pk if by_id else None}
            rows.append(row | {"email": None if by_id else who.email.upper()})
        request.relations = rows
        request.gate["exclude"] = chance.sample(RELATIONS, chance.randrange(5))
        kept_out = {
            p.pk
            for p in people.values()
            for row in rows
            if row["relation"] in request.gate["exclude"]
            and (row["person"] == p.pk or (row["email"] or "").lower() == p.email)
        }
        picture = look(request)
        filled = {pk for seated in picture.state.filled.values() for pk in seated}
        assert not filled & kept_out
        assert picture.state.satisfied == (not {people["rita"].pk, people["omar"].pk} & kept_out)
