"""Votes from the first key to the start and after it: who may, until when, and what is too late."""

import pytest
from allauth.account.models import EmailAddress

from approvals.models import ApprovalRequest, Vote
from deployments.models import Deployment
from teams.models import Person
from tests.people import email_of
from tests.teams.callers import as_person
from tests.teams.events import events

pytestmark = pytest.mark.django_db
COMMENT = "The limit of the queue is wrong."


def post(who: str, row, decision: str = "approve", **more):
    current = ApprovalRequest.objects.get(pk=row.approval_id).content_hash
    body = {"decision": decision, "content_hash": current, **more}
    return as_person(who).post(f"/approvals/{row.approval_id}/votes", body)


def now_there() -> tuple:
    rows = Deployment.objects.order_by("id").values_list("id", "state", "superseded_by")
    requests = ApprovalRequest.objects.order_by("id").values_list("id", "state", "content_hash")
    return list(Vote.objects.order_by("id").values()), list(rows), list(requests), len(events("vote.cast"))


def refused(who: str, row, decision: str = "approve", **more) -> dict:
    """The problem document; nothing that is voted on or deployed has changed."""
    before = now_there()
    answer = post(who, row, decision, **more)
    assert now_there() == before
    assert answer.status_code >= 400
    return answer.json()


@pytest.fixture
def single(world):
    """1.2.0 asked for in staging, whose gate has one key of release-managers."""
    world.release("1.2.0")
    world.runs("1.2.0", "dev")
    return world.asked("1.2.0", "staging")


def test_one_vote_of_the_named_group_opens_a_single_key_gate(world, single):
    answer = post("rita", single)
    assert (answer.status_code, answer.json()["approval_state"]) == (201, "satisfied")
    assert world.start(single).state == "running"


@pytest.mark.parametrize("who", ["dave", "omar"])
def test_somebody_outside_the_group_leaves_a_single_key_gate_shut(world, single, who):
    body = refused(who, single)
    assert (body["status"], body["code"], body["groups"]) == (403, "not_eligible", ["release-managers"])
    assert world.start(single).started_at is None


def test_one_person_of_both_groups_takes_the_key_that_leaves_the_other_open(world):
    asked = world.asked()
    assert post("rosa", asked).json()["approval_state"] == "open"
    assert refused("rosa", asked)["code"] == "already_voted"
    assert post("rita", asked).json() == {
        "id": Vote.objects.get(person__username="rita").pk,
        "slot": "release-managers",
        "approval_state": "satisfied",
    }
    slots = as_person("dana").get(f"/approvals/{asked.approval_id}").json()["slots"]
    assert {s["group"]: s["filled_by"] for s in slots} == {
        "release-managers": ["rita"],
        "payments-owners": ["rosa"],
    }


def test_the_last_editor_of_the_pipeline_is_kept_out_where_the_gate_says_so(world):
    world.change_gate("prod", exclude=["pipeline_editor"])
    asked = world.asked()
    rita = Person.objects.get(username="rita")
    type(asked.pipeline_version).objects.update(edited_by=f"user:{rita.pk}")
    body = refused("rita", asked)
    assert (body["status"], body["code"], body["relation"]) == (
        403,
        "separation_of_duties",
        "pipeline_editor",
    )


def test_a_second_account_with_the_verified_address_of_the_requester_is_kept_out(world):
    asked = world.asked()
    row = {"user": Person.objects.get(username="olga"), "email": email_of("dana")}
    address = EmailAddress.objects.create(**row, verified=True)
    body = refused("olga", asked)
    assert (body["status"], body["code"], body["relation"]) == (403, "separation_of_duties", "requester")
    EmailAddress.objects.filter(pk=address.pk).update(verified=False)
    assert post("olga", asked).status_code == 201


def test_two_accounts_of_one_human_turn_one_key(world):
    asked = world.asked()
    post("rita", asked)
    row = {"user": Person.objects.get(username="olga"), "email": email_of("rita")}
    EmailAddress.objects.create(**row, verified=True)
    assert refused("olga", asked)["code"] == "already_voted"


@pytest.mark.parametrize("comment", ["", "   ", "aaaaaaaaaaaa", "too short"])
def test_a_rejection_that_says_nothing_is_422_and_ends_nothing(world, comment):
    body = refused("rita", world.asked(), "reject", comment=comment)
    assert (body["status"], body["code"]) == (422, "comment_required")
    assert body["errors"][0]["pointer"] == "/comment"


def test_after_a_rejection_the_same_release_may_be_asked_for_again(world):
    asked = world.asked()
    assert post("rita", asked, "reject", comment=COMMENT).json()["approval_state"] == "rejected"
    assert refused("omar", asked)["code"] == "not_open"
    body = {"application": "payments", "version": "1.1.0", "environment": "prod"}
    again = as_person("dana").post("/deployments", body)
    assert again.status_code == 202
    assert again.json()["id"] != asked.pk
    assert Deployment.objects.get(pk=asked.pk).state == "rejected"


@pytest.mark.parametrize("decision", ["approve", "reject", "withdraw"])
@pytest.mark.parametrize("who", ["rita", "rosa"])
def test_after_the_start_every_vote_is_409_and_changes_nothing(world, who, decision):
    running = world.running()
    body = refused(who, running, decision, comment=COMMENT)
    assert (body["status"], body["code"]) == (409, "not_open")
    assert world.fresh(running).state == "running"
    assert world.fresh(running).approval.state == "consumed"


def test_until_the_start_a_vote_is_taken_back_and_then_nothing_starts(world):
    approved = world.approved()
    assert post("omar", approved, "withdraw").json()["approval_state"] == "open"
    assert world.start(approved).started_at is None
    assert world.settle(approved).state == "needs_approval"


def test_nobody_takes_back_the_vote_of_somebody_else(world):
    asked = world.asked()
    post("rita", asked)
    body = refused("omar", asked, "withdraw")
    assert (body["status"], body["code"]) == (409, "no_vote")
    assert Vote.objects.get().withdrawn_at is None


def test_a_vote_on_what_a_newer_release_superseded_is_409_and_names_the_newer(world):
    old = world.asked()
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    newer = world.asked("1.2.0")
    for who in ("rita", "omar"):
        assert post(who, newer).status_code == 201
    body = refused("rosa", old)
    assert (body["status"], body["code"], body["superseded_by"]) == (409, "not_open", newer.pk)
    assert as_person("dana").get(f"/deployments/{old.pk}").json()["superseded_by"] == newer.pk
