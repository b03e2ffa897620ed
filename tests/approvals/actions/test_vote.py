"""Casting and taking back one person's word: what is written, and that a refusal writes nothing."""

import pytest
from django.db import IntegrityError, transaction

from approvals.actions.vote import vote
from approvals.models import ApprovalRequest, Vote
from audit.models import AuditEvent
from kernel.actor import Method
from kernel.clock import now
from kernel.refusals import Forbidden, Invalid, NotFound, Refusal
from teams.actions.set_group_members import set_group_members
from tests.deployments.world import SYSTEM
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
COMMENT = "Checked the change set line by line."


def cast(world, asked, who="rita", decision="approve", comment="", **more):
    values = {"content_hash": ApprovalRequest.objects.get(pk=asked.approval_id).content_hash, "at": now()}
    actor = world.actor(who) if isinstance(who, str) else who
    return vote(
        actor=actor,
        request_id=asked.approval_id,
        decision=decision,
        comment=comment,
        **{**values, **more},
    )


def refused(world, asked, who="rita", **more) -> Refusal:
    before = list(Vote.objects.values()), ApprovalRequest.objects.values().get(), AuditEvent.objects.count()
    with pytest.raises(Refusal) as caught:
        cast(world, asked, who, **more)
    after = list(Vote.objects.values()), ApprovalRequest.objects.values().get(), AuditEvent.objects.count()
    assert after == before
    return caught.value


def test_a_vote_keeps_who_what_how_and_why_it_counted(world):
    asked = world.asked()
    result = cast(world, asked, world.actor("rita", method=Method.TOKEN), comment=f"  {COMMENT} ")
    row = Vote.objects.get()
    assert (result.vote.pk, result.slot, result.state) == (row.pk, "release-managers", "open")
    assert result.newly_satisfied is False
    assert (row.person.username, row.decision, row.method) == ("rita", "approve", "token")
    assert (row.content_hash, row.groups) == (asked.approval.content_hash, ["release-managers"])
    assert (row.comment, row.void, row.withdrawn_at) == (COMMENT, False, None)


def test_the_event_names_the_person_by_id_and_keeps_the_comment_out_of_the_body(world):
    asked = world.asked()
    cast(world, asked, comment=COMMENT)
    event = only_event("vote.cast")
    row = Vote.objects.get()
    assert event["data"]["person"] == row.person_id
    assert event["data"]["slot"] == "release-managers"
    assert (event["data"]["content_hash"], event["data"]["deployment"]) == (row.content_hash, asked.pk)
    assert "Checked" not in str(event) and "rita" not in str(event["data"])
    assert openings("vote.cast")["comment"] == COMMENT


def test_the_last_key_satisfies_the_gate_and_starts_its_validity(world):
    world.change_gate("prod", valid_for=600)
    asked = world.asked()
    cast(world, asked, "rita")
    result = cast(world, asked, "omar")
    row = ApprovalRequest.objects.get()
    assert (result.state, result.newly_satisfied, row.state) == ("satisfied", True, "satisfied")
    assert (row.valid_until - row.satisfied_at).total_seconds() == 600


def test_a_further_approval_keeps_it_satisfied_and_its_instant(world):
    asked = world.approved()
    before = asked.approval.satisfied_at
    result = cast(world, asked, "olga")
    assert (result.state, result.slot, result.newly_satisfied) == ("satisfied", None, False)
    assert ApprovalRequest.objects.get().satisfied_at == before


def test_a_rejection_outweighs_every_key_and_ends_the_request(world):
    asked = world.approved()
    result = cast(world, asked, "olga", decision="reject", comment=COMMENT)
    row = ApprovalRequest.objects.get()
    assert (result.state, row.state, result.newly_satisfied) == ("rejected", "rejected", False)
    assert row.ended_at is not None
    assert (row.satisfied_at, row.valid_until) == (None, None)
    assert refused(world, asked, "rosa").code == "not_open"


def test_a_withdrawn_vote_stays_on_the_record_and_opens_the_slot(world):
    asked = world.approved()
    result = cast(world, asked, "rita", decision="withdraw")
    assert (result.state, result.slot) == ("open", None)
    row = Vote.objects.get(person__username="rita")
    assert (row.withdrawn_at is not None, row.void) == (True, False)
    assert ApprovalRequest.objects.get().valid_until is None
    assert events("vote.cast")[-1]["data"]["decision"] == "withdraw"
    assert cast(world, asked, "rita").state == "satisfied"
    assert Vote.objects.filter(person__username="rita").count() == 2


def test_nobody_takes_back_the_vote_of_another(world):
    asked = world.asked()
    cast(world, asked, "rita")
    assert refused(world, asked, "rosa", decision="withdraw").code == "no_vote"


def test_a_used_up_approval_takes_nothing_back(world):
    running = world.running()
    assert refused(world, running, "rita", decision="withdraw").code == "not_open"


def test_the_same_person_fills_one_slot_whatever_their_groups(world):
    asked = world.asked()
    assert cast(world, asked, "rosa").slot in {"release-managers", "payments-owners"}
    assert refused(world, asked, "rosa").code == "already_voted"
    assert ApprovalRequest.objects.get().state == "open"


def test_a_lapsed_request_is_refused_by_the_clock_before_anybody_swept(world):
    asked = world.asked()
    refusal = refused(world, asked, at=asked.approval.expires_at)
    assert (refusal.code, refusal.extra["state"]) == ("not_open", "expired")


def test_what_changed_is_named_where_the_old_content_is_known(world):
    asked = world.asked()
    old = asked.approval.content_hash
    world.plan(asked, digest="sha256:" + "8" * 64)
    refusal = refused(world, asked, content_hash=old)
    assert (refusal.code, refusal.extra["changed_fields"]) == ("content_changed", ["plan_digest"])
    assert refusal.extra["content_hash"] == ApprovalRequest.objects.get().content_hash
    unknown = refused(world, asked, content_hash="sha256:" + "0" * 64)
    assert (unknown.code, unknown.extra["changed_fields"]) == ("content_changed", [])


@pytest.mark.parametrize("who", ["zoe", "nobody"])
def test_outsiders_find_nothing(world, who):
    asked = world.asked()
    actor = world.actor("zoe")
    request_id = asked.approval_id if who == "zoe" else "apr_" + "0" * 26
    with pytest.raises(NotFound) as caught:
        vote(
            actor=actor,
            request_id=request_id,
            decision="approve",
            content_hash=asked.approval.content_hash,
            comment="",
            at=now(),
        )
    assert (caught.value.status, caught.value.denial) == (404, None)
    assert Vote.objects.count() == 0


def test_an_administrator_and_an_auditor_do_not_vote_by_that_right(world):
    asked = world.asked()
    assert refused(world, asked, "admin").code == "not_eligible"
    assert refused(world, asked, "aude").code == "not_eligible"


def test_a_refusal_carries_the_denial_for_the_log(world):
    asked = world.asked()
    refusal = refused(world, asked, "admin")
    assert isinstance(refusal, Forbidden)
    assert refusal.denial.kind == "vote.refused"
    assert refusal.denial.subject == f"approval:{asked.approval_id}"
    assert refusal.denial.data == {
        "code": "not_eligible",
        "decision": "approve",
        "content_hash": asked.approval.content_hash,
    }
    assert (refusal.denial.environment, refusal.denial.application) == ("prod", "payments")


@pytest.mark.parametrize("comment", ["short", "          ", "aaaaaaaaaaaaaaaaaaaa", "x" * 1999 + "yz"])
def test_a_comment_that_says_nothing_or_too_much_is_refused_with_its_pointer(world, comment):
    asked = world.asked()
    refusal = refused(world, asked, comment=comment)
    assert (isinstance(refusal, Invalid), refusal.code) == (True, "comment_required")
    assert refusal.errors[0]["pointer"] == "/comment"


def test_a_gate_may_want_a_comment_on_approval(world):
    world.change_gate("prod", comment="required")
    asked = world.asked()
    assert refused(world, asked).code == "comment_required"
    assert cast(world, asked, comment=COMMENT).state == "open"


def test_a_gate_that_wants_a_security_key_takes_no_other_session(world):
    world.change_gate("prod", step_up=True)
    assert refused(world, world.asked()).code == "step_up_required"


def test_who_left_the_group_keeps_the_vote_and_loses_the_key(world):
    asked = world.asked()
    cast(world, asked, "rita")
    set_group_members(actor=SYSTEM, name="release-managers", members=["rosa"])
    result = cast(world, asked, "omar")
    assert result.state == "open"
    assert Vote.objects.filter(void=False).count() == 2


def test_the_table_itself_holds_one_standing_vote_per_person(world):
    asked = world.asked()
    cast(world, asked, "rita")
    row = Vote.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Vote.objects.create(
            request=row.request,
            person=row.person,
            decision="reject",
            content_hash=row.content_hash,
            at=row.at,
        )
    assert Vote.objects.count() == 1
