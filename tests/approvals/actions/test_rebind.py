"""A change of what is bound voids the votes, says which fields, and keeps the request."""

import pytest

from approvals.actions.rebind import rebind
from approvals.binding import content_hash
from approvals.models import ApprovalRequest, Vote
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
OTHER_PLAN = "sha256:" + "9" * 64


def bind(row, gate=None, **changes):
    return rebind(
        request=row,
        subject={**row.subject, **changes},
        gate=gate or row.gate,
        actor=Actor.system("tests"),
        at=now(),
    )


def test_the_same_content_changes_nothing(world):
    row = world.asked().approval
    world_before = AuditEvent.objects.count()
    assert bind(row) == []
    row.refresh_from_db()
    assert (row.state, row.past_subjects) == ("open", {})
    assert AuditEvent.objects.count() == world_before


def test_another_plan_voids_the_votes_and_names_the_field(world):
    asked = world.approved()
    row, old = asked.approval, asked.approval.content_hash
    assert bind(row, plan_digest=OTHER_PLAN) == ["plan_digest"]
    row.refresh_from_db()
    assert (row.pk, row.state) == (asked.approval_id, "void")
    assert row.content_hash == content_hash(row.subject) != old
    assert row.past_subjects[old]["plan_digest"] == asked.plan_digest
    assert (row.satisfied_at, row.valid_until) == (None, None)
    assert list(Vote.objects.values_list("void", "changed_fields")) == [(True, ["plan_digest"])] * 2
    event = only_event("approval.voided")
    assert event["data"]["changed_fields"] == ["plan_digest"]
    assert event["data"]["content_hash"] == row.content_hash
    assert sorted(event["data"]["votes"]) == sorted(Vote.objects.values_list("pk", flat=True))


def test_without_votes_it_stays_open(world):
    row = world.asked().approval
    assert bind(row, plan_digest=OTHER_PLAN) == ["plan_digest"]
    row.refresh_from_db()
    assert row.state == "open"
    assert only_event("approval.voided")["data"]["votes"] == []


def test_a_second_change_keeps_the_fields_that_voided_the_vote(world):
    asked = world.asked()
    world.vote(asked, "rita")
    row = world.fresh(asked).approval
    bind(row, plan_digest=OTHER_PLAN)
    bind(row, parameters={"target": {}, "request": {"A": "b"}})
    row.refresh_from_db()
    assert row.state == "void"
    assert Vote.objects.get().changed_fields == ["plan_digest"]
    assert len(row.past_subjects) == 2
    assert [event["data"]["changed_fields"] for event in events("approval.voided")] == [
        ["plan_digest"],
        ["parameters"],
    ]


def test_the_gate_of_the_moment_is_taken_and_votes_have_its_time_again(world):
    row = world.asked().approval
    gate = {**row.gate, "slots": [{"group": "release-managers", "count": 2}], "version": 2, "expires_in": 60}
    assert bind(row, gate, gate_version=2) == ["gate_version"]
    row.refresh_from_db()
    assert row.gate["slots"] == [{"group": "release-managers", "count": 2}]
    # In the log too: a verifier that has nothing else must know what is asked from here on.
    event = only_event("approval.voided")
    assert event["data"]["slots"] == [{"group": "release-managers", "count": 2}]
    assert event["data"]["step_up"] is False
    assert (row.expires_at - now()).total_seconds() < 61


@pytest.mark.parametrize("state", ["rejected", "expired", "consumed", "closed"])
def test_an_ended_request_is_left_alone(world, state):
    row = world.asked().approval
    ApprovalRequest.objects.update(state=state)
    row.refresh_from_db()
    assert bind(row, plan_digest=OTHER_PLAN) == []
    row.refresh_from_db()
    assert row.subject["plan_digest"] != OTHER_PLAN
    assert events("approval.voided") == []


def test_a_request_that_moved_meanwhile_is_not_written_over(world):
    row = world.asked().approval
    ApprovalRequest.objects.update(state="consumed")
    with pytest.raises(LostRace):
        bind(row, plan_digest=OTHER_PLAN)
    assert ApprovalRequest.objects.get().state == "consumed"
    assert events("approval.voided") == []
