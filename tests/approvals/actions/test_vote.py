"""The vote itself: who it is of, what it was cast on, what is written."""

import json

import pytest

from approvals.actions.vote import vote
from approvals.models import Vote
from audit.models import AuditEvent, Opening
from kernel.clock import now
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def test_a_vote_keeps_the_hash_the_groups_and_the_method():
    world = World()
    _, request = world.waiting()
    result = vote(
        actor=world.actor("rosa"),
        request_id=request.pk,
        decision="approve",
        content_hash=request.content_hash,
        comment="Looked at the change set.",
        at=now(),
    )
    row = Vote.objects.get(pk=result.vote.pk)
    assert (row.content_hash, row.method, row.groups) == (
        request.content_hash,
        "session",
        ["payments-owners", "release-managers"],
    )


def test_the_comment_is_in_the_log_as_a_commitment_only():
    world = World()
    _, request = world.waiting()
    vote(
        actor=world.actor("rita"),
        request_id=request.pk,
        decision="approve",
        content_hash=request.content_hash,
        comment="Looked at the change set.",
        at=now(),
    )
    event = AuditEvent.objects.get(kind="vote.cast")
    body = bytes(event.body).decode()
    assert "Looked at" not in body
    assert '"rita"' not in body
    assert set(json.loads(body)["private"]) >= {"comment", "actor"}
    assert Opening.objects.get(event=event, field="comment").value == "Looked at the change set."
