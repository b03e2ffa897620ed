"""Approval requests as the API shows them."""

import hashlib

import pytest
import rfc8785

from approvals.models import ApprovalRequest
from approvals.representations import full, summary, votes
from kernel.verdicts import wire_time

pytestmark = pytest.mark.django_db


def test_the_summary_is_what_a_deployment_shows(world):
    asked = world.asked()
    world.vote(asked, "rita")
    row = ApprovalRequest.objects.get()
    assert summary(row) == {
        "id": row.pk,
        "content_hash": row.content_hash,
        "state": "open",
        "expires_at": wire_time(row.expires_at),
        "valid_until": None,
        "reminded": None,
        "escalated_to": None,
        "slots": [
            {"group": "release-managers", "count": 1, "filled_by": ["rita"]},
            {"group": "payments-owners", "count": 1, "filled_by": []},
        ],
    }


def test_the_whole_names_what_is_asked_and_of_whom(world):
    asked = world.asked()
    body = full(asked.approval)
    assert (body["application"], body["version"], body["environment"]) == ("payments", "1.1.0", "prod")
    assert (body["deployment"], body["superseded_by"], body["votes"]) == (asked.pk, None, [])
    assert body["gate"] == {
        "exclude": ["author", "requester", "submitter"],
        "step_up": False,
        "comment": "optional",
        "unknown_authors": "flag",
        "escalation": None,
        "version": 1,
    }
    assert body["can_fill"][1] == {"group": "payments-owners", "people": ["olga", "omar", "rosa"]}
    assert body["links"] == {"html": f"http://localhost:8000/approvals/{asked.approval_id}"}


def test_the_hash_is_that_of_the_subject_as_it_is_returned(world):
    body = full(world.asked().approval)
    digest = hashlib.sha256(rfc8785.dumps(body["subject"])).hexdigest()
    assert body["content_hash"] == f"sha256:{digest}"


def test_every_vote_ever_cast_is_shown_with_the_key_it_fills_now(world):
    asked = world.asked()
    world.vote(asked, "rita", comment="The change set is small.")
    world.vote(asked, "omar")
    world.vote(asked, "omar", "withdraw")
    first, second = votes(ApprovalRequest.objects.get())
    assert (first["by"], first["decision"], first["slot"]) == ("rita", "approve", "release-managers")
    assert (first["comment"], first["void"], first["withdrawn_at"]) == (
        "The change set is small.",
        False,
        None,
    )
    assert (first["method"], first["groups"]) == ("session", ["release-managers"])
    assert (second["by"], second["slot"], second["comment"]) == ("omar", None, None)
    assert second["withdrawn_at"].endswith("Z")


def test_void_votes_name_the_fields_and_fill_nothing(world):
    asked = world.approved()
    world.plan(asked, digest="sha256:" + "8" * 64)
    rows = votes(ApprovalRequest.objects.get())
    assert [(row["void"], row["changed_fields"], row["slot"]) for row in rows] == [
        (True, ["plan_digest"], None)
    ] * 2


def test_after_the_start_it_stays_readable(world):
    running = world.running()
    body = full(running.approval)
    assert body["state"] == "consumed"
    assert [slot["filled_by"] for slot in body["slots"]] == [["rita"], ["omar"]]
