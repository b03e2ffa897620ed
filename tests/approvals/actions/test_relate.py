"""While people are asked, something else may come to run there; then other commits would ship, of other authors."""

import pytest

from approvals.actions.relate import relate
from approvals.models import ApprovalRequest, Vote
from approvals.states import TAKES_VOTES
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.refusals import Refusal
from teams.models import Person
from tests.people import email_of
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("worker")


def row(relation, who=None, email=None) -> dict:
    return {"relation": relation, "person": who, "email": email}


def test_changed_relations_are_kept_and_recorded_without_addresses(world):
    request = ApprovalRequest.objects.get(pk=world.asked().approval_id)
    new = [row("requester", "per_x"), row("author", email="a@x.example"), row("author", email="b@x.example")]
    assert relate(request=request, relations=new, actor=SYSTEM) is True
    assert ApprovalRequest.objects.get().relations == new
    event = only_event("approval.relations")
    assert event["data"] == {"author": 2, "requester": 1}
    assert "x.example" not in str(event)


def test_the_same_relations_and_ended_requests_write_nothing(world):
    request = ApprovalRequest.objects.get(pk=world.asked().approval_id)
    assert relate(request=request, relations=list(request.relations), actor=SYSTEM) is False
    ApprovalRequest.objects.update(state="consumed")
    assert relate(request=request, relations=[], actor=SYSTEM) is False
    assert not AuditEvent.objects.filter(kind="approval.relations").exists()


def test_that_nobody_had_a_hand_in_it_any_more_is_a_change_too(world):
    request = ApprovalRequest.objects.get(pk=world.asked().approval_id)
    rows = [row("author", email="a@x.example"), row("requester", "per_x")]
    assert relate(request=request, relations=rows, actor=SYSTEM) is True
    assert relate(request=request, relations=[], actor=SYSTEM) is True
    assert (request.relations, ApprovalRequest.objects.get().relations) == ([], [])
    recorded = [event["data"] for event in events("approval.relations")]
    assert sorted(map(len, recorded)) == [0, 2]


def test_a_request_that_ended_meanwhile_keeps_what_it_was_judged_by(world):
    """The caller still holds the row as it was: only the database knows better."""
    request = ApprovalRequest.objects.get(pk=world.asked().approval_id)
    judged_by = list(request.relations)
    ApprovalRequest.objects.update(state="consumed")
    assert relate(request=request, relations=[row("author", "per_x")], actor=SYSTEM) is False
    assert request.relations == ApprovalRequest.objects.get().relations == judged_by
    assert events("approval.relations") == []


@pytest.mark.parametrize("state", ["open", "satisfied", "void"])
def test_while_votes_are_taken_relations_change_and_no_vote_is_void(world, state):
    asked = world.asked()
    world.vote(asked, "rita")
    ApprovalRequest.objects.update(state=state)
    request = ApprovalRequest.objects.get(pk=asked.approval_id)
    before = (request.content_hash, request.subject)
    assert relate(request=request, relations=[row("author", "per_x")], actor=SYSTEM) is (state in TAKES_VOTES)
    assert (ApprovalRequest.objects.get().content_hash, ApprovalRequest.objects.get().subject) == before
    assert not Vote.objects.filter(void=True).exists()


def test_the_relations_of_another_request_stay_as_they_are(world):
    one, other = (
        ApprovalRequest.objects.get(pk=world.asked("1.1.0", place).approval_id)
        for place in ("prod", "staging")
    )
    relate(request=one, relations=[], actor=SYSTEM)
    assert ApprovalRequest.objects.get(pk=other.pk).relations == other.relations != []


def test_who_became_an_author_since_the_request_counts_no_longer(world):
    """rita wrote 1.0.5; it ran in prod when 1.1.0 was asked for, and then prod went back to 1.0.0."""
    commit = {"sha": "5" * 40, "author": email_of("rita"), "message": "Mend it"}
    world.release("1.0.5", commits=[commit])
    world.release("1.2.0", commits=[])
    for name in ("dev", "staging", "prod"):
        world.runs("1.0.5", name)
    world.runs("1.2.0", "dev")
    world.runs("1.2.0", "staging")
    asked = world.asked("1.2.0")
    assert world.vote(asked, "rita").slot == "release-managers"
    world.runs("1.0.0", "prod")
    with pytest.raises(Refusal) as caught:
        world.vote(asked, "dana")
    assert caught.value.code == "separation_of_duties"
    settled = world.settle(asked)
    emails = {r["email"] for r in settled.approval.relations if r["relation"] == "author"}
    assert email_of("rita") in emails
    with pytest.raises(Refusal) as caught:
        world.vote(asked, "rita")
    assert caught.value.code == "already_voted"
    assert world.vote(asked, "omar").state == "open"
    assert Person.objects.filter(username="rita", is_active=True).exists()
