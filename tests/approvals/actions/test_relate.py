"""While people are asked, something else may come to run there; then other commits would ship, of other authors."""

import pytest

from approvals.actions.relate import relate
from approvals.models import ApprovalRequest
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.refusals import Refusal
from teams.models import Person
from tests.people import email_of
from tests.teams.events import only_event

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
