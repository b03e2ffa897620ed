"""`POST /approvals/{id}/votes`: every refusal with its code, in the published order, and nothing written."""

import pytest

from approvals.models import ApprovalRequest, Vote
from builds.models import Build
from deployments.models import Deployment
from pipelines.models import PipelineVersion
from teams.actions.set_group_members import set_group_members
from teams.models import Person
from tests.deployments.world import SYSTEM
from tests.teams.callers import Caller, as_application, as_person, problem
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
OTHER = "sha256:" + "0" * 64
COMMENT = "The change set is what we expect."


@pytest.fixture
def asked(world):
    return world.asked()


def post(caller, asked, **changes):
    """A vote for the present content; `content_hash=None` leaves it out."""
    current = ApprovalRequest.objects.get(pk=asked.approval_id).content_hash
    body = {"decision": "approve", "content_hash": current, **changes}
    return caller.post(
        f"/approvals/{asked.approval_id}/votes", {k: v for k, v in body.items() if v is not None}
    )


def refused(caller, asked, **changes) -> dict:
    """The problem document; no vote, no change of state came of it."""
    before = list(Vote.objects.values()), Deployment.objects.get(pk=asked.pk).state, len(events("vote.cast"))
    answer = post(caller, asked, **changes)
    after = list(Vote.objects.values()), Deployment.objects.get(pk=asked.pk).state, len(events("vote.cast"))
    assert after == before
    return answer.json()


def test_a_vote_is_201_with_the_slot_it_fills(asked):
    answer = post(as_person("rita"), asked)
    assert answer.status_code == 201
    row = Vote.objects.get()
    assert answer.json() == {"id": row.pk, "slot": "release-managers", "approval_state": "open"}
    assert (row.method, row.person.username) == ("token", "rita")


def test_the_last_key_answers_satisfied_and_what_is_left_is_shown_at_once(asked):
    post(as_person("rita"), asked)
    assert post(as_person("omar"), asked, comment=COMMENT).json()["approval_state"] == "satisfied"
    body = as_person("dana").get(f"/deployments/{asked.pk}").json()
    assert body["approval"]["state"] == "satisfied"
    assert [slot["filled_by"] for slot in body["approval"]["slots"]] == [["rita"], ["omar"]]
    assert {c["name"]: c["state"] for c in body["checks"]}["people"] == "pass"
    assert body["reasons"] == []


def test_a_body_without_the_hash_is_422_before_everything_else(asked):
    for caller in (as_person("zoe"), as_application(), as_person("rita")):
        answer = post(caller, asked, content_hash=None)
        assert problem(answer) == (422, "required", ["/content_hash"])
    assert Vote.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"decision": "maybe"}, "/decision", "invalid_choice"),
        ({"surprise": 1}, "/surprise", "unknown_field"),
        ({"content_hash": 5}, "/content_hash", None),
        ({"comment": "x" * 4001}, "/comment", None),
    ],
)
def test_a_wrong_body_is_422_with_its_pointer(asked, changes, pointer, code):
    status, found, pointers = problem(post(as_person("rita"), asked, **changes))
    assert (status, pointers) == (422, [pointer])
    assert code is None or found == code
    assert Vote.objects.count() == 0


def test_404_comes_first_of_all_for_whoever_may_not_see_it(asked):
    assert problem(post(as_person("zoe"), asked, content_hash=OTHER))[:2] == (404, "not_found")
    assert problem(post(as_application("storefront"), asked))[:2] == (404, "not_found")
    assert events("vote.refused") == []


def test_a_machine_is_403_human_required_before_anything_about_the_request(asked):
    ApprovalRequest.objects.update(state="closed")
    body = refused(as_application(), asked, content_hash=OTHER)
    assert (body["status"], body["code"]) == (403, "human_required")


@pytest.mark.parametrize("scopes", [("read",), ("builds:write",)])
def test_a_machine_with_few_scopes_gets_the_same_word(asked, scopes):
    assert refused(as_application(scopes=scopes), asked)["code"] == "human_required"


def test_not_open_comes_before_the_content(asked):
    ApprovalRequest.objects.update(state="closed", superseded_by="dep_newer")
    body = refused(as_person("rita"), asked, content_hash=OTHER)
    assert (body["status"], body["code"], body["superseded_by"]) == (409, "not_open", "dep_newer")


def test_changed_content_comes_before_a_vote_of_ones_own(asked):
    rita = as_person("rita")
    post(rita, asked)
    body = refused(rita, asked, content_hash=OTHER)
    assert (body["status"], body["code"]) == (409, "content_changed")
    assert body["content_hash"] == ApprovalRequest.objects.get().content_hash


def test_a_vote_of_ones_own_comes_before_the_separation_of_duties(world, asked):
    rita = as_person("rita")
    post(rita, asked)
    row = ApprovalRequest.objects.get()
    person = Vote.objects.get().person_id
    ApprovalRequest.objects.update(
        relations=[*row.relations, {"relation": "author", "person": person, "email": None}]
    )
    body = refused(rita, asked)
    assert (body["status"], body["code"]) == (409, "already_voted")


def test_separation_of_duties_names_the_relation_and_comes_before_eligibility(asked):
    body = refused(as_person("dana"), asked)
    assert (body["status"], body["code"], body["relation"]) == (403, "separation_of_duties", "requester")


def had_a_hand(asked, relation: str) -> None:
    """rita did it, by the row that says so: who had a hand in it is read anew when a vote comes."""
    rita = Person.objects.get(username="rita")
    build = Build.objects.filter(pk=asked.release.build_id)
    if relation == "requester":
        Deployment.objects.filter(pk=asked.pk).update(requested_by=rita)
    elif relation == "submitter":
        build.update(submitter="RITA@acme.example")
    elif relation == "author":
        build.update(commits=[{"sha": "1" * 40, "author": "Rita <RITA@acme.example>", "message": "x"}])
    else:
        PipelineVersion.objects.update(edited_by=f"user:{rita.pk}")


@pytest.mark.parametrize("relation", ["requester", "submitter", "author"])
def test_every_relation_the_gate_names_keeps_out(asked, relation):
    had_a_hand(asked, relation)
    assert refused(as_person("rita"), asked)["relation"] == relation


def test_a_relation_the_gate_does_not_name_keeps_nobody_out(asked):
    had_a_hand(asked, "pipeline_editor")
    assert post(as_person("rita"), asked).status_code == 201


def test_eligibility_comes_before_the_comment(asked):
    body = refused(as_person("dave"), asked, decision="reject")
    assert (body["status"], body["code"]) == (403, "not_eligible")
    assert body["groups"] == ["release-managers", "payments-owners"]


def test_the_comment_comes_before_the_security_key(world):
    world.change_gate("prod", step_up=True)
    asked = world.asked()
    rita = as_person("rita")
    status, code, pointers = problem(post(rita, asked, decision="reject", comment=""))
    assert (status, code, pointers) == (422, "comment_required", ["/comment"])
    assert refused(rita, asked, decision="reject", comment=COMMENT)["code"] == "step_up_required"


def test_withdrawing_skips_what_is_about_the_person(asked):
    rita = as_person("rita")
    body = refused(rita, asked, decision="withdraw")
    assert (body["status"], body["code"]) == (409, "no_vote")
    post(rita, asked)
    set_group_members(actor=SYSTEM, name="release-managers", members=["rosa"])
    people_left = as_person("rita").post(
        f"/approvals/{asked.approval_id}/votes",
        {"decision": "withdraw", "content_hash": asked.approval.content_hash},
    )
    assert people_left.status_code == 201  # still seen: a release manager sees everything
    assert people_left.json()["approval_state"] == "open"
    assert Vote.objects.get().withdrawn_at is not None


def test_after_withdrawing_one_may_vote_again(asked):
    rita = as_person("rita")
    post(rita, asked)
    again = post(rita, asked, decision="withdraw")
    assert again.json() == {"id": Vote.objects.get().pk, "slot": None, "approval_state": "open"}
    assert post(rita, asked).json()["slot"] == "release-managers"


def test_a_rejection_ends_the_deployment_with_the_comment_and_an_event(asked):
    answer = post(as_person("omar"), asked, decision="reject", comment=COMMENT)
    assert answer.json()["approval_state"] == "rejected"
    row = Deployment.objects.get(pk=asked.pk)
    assert (row.state, row.ended_at is not None) == ("rejected", True)
    assert only_event("deployment.rejected")["data"]["from"] == "needs_approval"


def test_a_refused_vote_is_on_the_record_without_the_comment(asked):
    refused(as_person("dana"), asked, comment=COMMENT)
    event = only_event("vote.refused")
    assert (event["outcome"], event["subject"]) == ("denied", f"approval:{asked.approval_id}")
    assert event["data"]["code"] == "separation_of_duties"
    assert COMMENT not in str(event)


def test_what_was_answered_once_is_answered_again_under_the_same_key(asked):
    rita = as_person("rita")
    path = f"/approvals/{asked.approval_id}/votes"
    body = {"decision": "approve", "content_hash": asked.approval.content_hash}
    first = rita.post(path, body, headers={"Idempotency-Key": "vote-1"})
    second = rita.post(path, body, headers={"Idempotency-Key": "vote-1"})
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Vote.objects.count() == len(events("vote.cast")) == 1


def test_nobody_votes_without_signing_in(asked):
    assert problem(post(Caller(), asked))[:2] == (401, "not_authenticated")
