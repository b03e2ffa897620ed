"""A request for people's word: what it is bound to, who may be asked, that it is on the record."""

import pytest
from django.db import IntegrityError, transaction

from approvals.actions.request import request
from approvals.binding import content_hash
from approvals.models import ApprovalRequest
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.clock import now
from tests.deployments.world import World
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db


def again(asked, **changes):
    """A second request for the release and environment of `asked`."""
    first = asked.approval
    values = {"release": first.release, "environment": first.environment, "relations": first.relations}
    values |= {"deployment_id": asked.pk, "subject": first.subject, "gate": first.gate, "at": now()}
    return request(actor=Actor.system("tests"), **{**values, **changes})


def test_a_request_keeps_the_subject_its_hash_the_gate_and_the_relations():
    asked = World.make().asked()
    row = ApprovalRequest.objects.get()
    assert (row.pk, row.deployment, row.state) == (asked.approval_id, asked.pk, "open")
    assert row.content_hash == content_hash(row.subject)
    assert row.subject["application"] == "payments"
    assert row.subject["plan_digest"] == asked.plan_digest
    assert {"relation": "requester", "person": asked.requested_by_id, "email": None} in row.relations
    assert {"relation": "submitter", "person": None, "email": "dana@acme.example"} in row.relations


def test_it_lapses_after_the_gates_seconds():
    World.make(gates={"prod": {"expires_in": 3600}}).asked()
    row = ApprovalRequest.objects.get()
    assert (row.expires_at - row.opened_at).total_seconds() == 3600
    assert (row.satisfied_at, row.valid_until, row.ended_at) == (None, None, None)


def test_opening_is_one_event_with_the_content_and_the_slots():
    asked = World.make().asked()
    event = only_event("approval.opened")
    assert event["subject"] == f"approval:{asked.approval_id}"
    assert event["data"]["content_hash"] == asked.approval.content_hash
    assert event["data"]["deployment"] == asked.pk
    assert event["data"]["slots"] == [
        {"group": "release-managers", "count": 1},
        {"group": "payments-owners", "count": 1},
    ]
    assert event["data"]["exclude"] == ["author", "requester", "submitter"]
    assert event["data"]["step_up"] is False


def test_a_second_open_request_of_the_pair_is_impossible_and_leaves_no_event():
    asked = World.make().asked()
    events = AuditEvent.objects.count()
    with pytest.raises(IntegrityError), transaction.atomic():
        again(asked)
    assert ApprovalRequest.objects.count() == 1
    assert AuditEvent.objects.count() == events


def test_after_the_first_has_ended_the_pair_may_be_asked_for_again():
    asked = World.make().asked()
    ApprovalRequest.objects.update(state="closed")
    assert again(asked).pk != asked.approval_id
    assert sorted(ApprovalRequest.objects.values_list("state", flat=True)) == ["closed", "open"]
