"""The inbox as people see it."""

import re
from datetime import timedelta

from approvals.actions.remind import remind_due
from approvals.models import ApprovalRequest
from builds.models import Evidence
from deployments.models import Deployment
from insights.reads.inbox import read_inbox
from kernel.clock import now
from teams.actions.create_group import create_group
from tests.deployments.world import SYSTEM
from tests.insights.browser import Browser, frame

HOSTILE = "<script>alert(1)</script>"


def group(answer, name: str) -> str:
    """The HTML of one of the three groups, "" where it is not shown."""
    found = re.search(rf'aria-labelledby="{name}".*?</section>', answer.html, re.DOTALL)
    return found.group(0) if found else ""


def test_a_stranger_is_sent_to_sign_in_and_nothing_is_asked_of_the_database(db):
    answer = Browser(None).get("/inbox", status=302)
    assert answer.response["Location"] == "/sign-in?next=/inbox"
    assert answer.queries == 0


def test_what_waits_for_me_stands_first_with_all_i_need_to_choose(world, rita):
    deployment = world.asked()
    answer = rita.get("/inbox")
    mine = group(answer, "needs-you")
    assert "payments 1.1.0" in mine
    assert "→ prod" in mine
    assert "0 of 2 keys" in mine
    assert "asked by dana" in mine
    assert "You can turn a key of release-managers." in mine
    assert "Replaces 1.0.0" in mine
    assert f'href="/approvals/{deployment.approval_id}"' in mine
    assert "Review" in mine
    assert group(answer, "needs-others") == ""


def test_the_badge_and_the_title_say_how_many_wait_for_me(world, rita):
    world.asked()
    answer = rita.get("/inbox")
    assert "<title>(1) Inbox" in re.sub(r"\s+", " ", answer.html)
    assert 'id="inbox-count">1<' in answer.html
    assert 'id="inbox-count">1<' in rita.get("/board").html


def test_after_my_vote_it_waits_for_somebody_else(world, rita, omar):
    deployment = world.asked()
    world.vote(deployment, "rita")
    answer = rita.get("/inbox")
    assert "Nothing waits for you" in group(answer, "needs-you")
    others = group(answer, "needs-others")
    assert "payments 1.1.0" in others
    assert "1 of 2 keys" in others
    assert "rita, just now" in others
    assert "omar" in others  # who can turn the open key
    assert 'id="inbox-count"' not in answer.html
    assert "payments 1.1.0" in group(omar.get("/inbox"), "needs-you")


def test_a_key_that_my_vote_would_not_fill_does_not_wait_for_me(world):
    deployment = world.asked()
    world.vote(deployment, "rita")
    world.vote(deployment, "omar")
    answer = Browser("olga").get("/inbox")
    assert group(answer, "needs-others") == ""
    assert "payments" not in group(answer, "needs-you")


def test_who_asked_sees_it_among_what_waits_for_others_and_cannot_be_asked(world, dana):
    world.asked()
    answer = dana.get("/inbox")
    assert "payments" not in group(answer, "needs-you")
    assert "you asked" in group(answer, "needs-others")
    assert "You are in no approver group" in answer.text


def test_an_author_is_not_asked_about_their_own_commit(world):
    commit = {"sha": "a" * 40, "author": "rosa@acme.example", "message": "Round up"}
    world.release("1.2.0", commits=[commit])
    world.runs("1.2.0", "staging")
    world.change_gate("prod", exclude=["author"])
    world.asked("1.2.0")
    assert "payments" not in group(Browser("rosa").get("/inbox"), "needs-you")
    assert "payments 1.2.0" in group(Browser("rita").get("/inbox"), "needs-you")


def test_somebody_who_may_not_see_the_application_sees_nothing(world, zoe):
    world.asked()
    answer = zoe.get("/inbox")
    assert "payments" not in answer.text
    assert "Nothing waits for you" in answer.text


def test_what_was_decided_is_listed_for_those_who_had_a_hand_in_it(world, rita, omar):
    deployment = world.asked()
    world.vote(deployment, "rita", "reject", "The tests of the ledger are missing.")
    decided = group(rita.get("/inbox"), "decided")
    assert "Rejected" in decided
    assert f'href="/deployments/{deployment.pk}"' in decided
    assert group(omar.get("/inbox"), "decided") == ""


def test_a_row_says_what_is_dangerous_and_what_is_missing(world, rita):
    deployment = world.asked()
    changes = [
        {"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue", "replacement": None},
        {"action": "Modify", "logical_id": "Ledger", "type": "AWS::DynamoDB::Table", "replacement": "True"},
        {"action": "Modify", "logical_id": "Role", "type": "AWS::IAM::Role", "replacement": "False"},
    ]
    Deployment.objects.filter(pk=deployment.pk).update(plan_changes=changes)
    row = group(rita.get("/inbox"), "needs-you")
    for text in ("1 deletion", "1 replacement", "Touches IAM", "No evidence", "3 resources change"):
        assert text in row


def test_failed_evidence_is_a_red_chip_and_never_counts_as_passed(world, rita):
    deployment = world.asked()
    for name, verdict in (("unit", "pass"), ("browser", "fail")):
        Evidence.objects.create(
            build=deployment.release.build,
            subject=f"build:{deployment.release.build_id}",
            kind="junit",
            name=name,
            state="parsed",
            verdict=verdict,
            digest="sha256:" + "0" * 64,
            size=1,
            posted_by="application:payments",
            created_at=now(),
        )
    row = group(rita.get("/inbox"), "needs-you")
    assert "1 report failed" in row
    assert "passed" not in row


def test_a_poll_is_answered_204_until_something_changes(world, rita):
    deployment = world.asked()
    page = rita.get("/inbox")
    version = re.search(r"\?v=([0-9a-f]+)", page.html).group(1)
    assert rita.get("/inbox", htmx=True, v=version, status=204).html == ""
    world.vote(deployment, "omar")
    answer = rita.get("/inbox", htmx=True, v=version)
    assert "1 of 2 keys" in answer.html
    assert "<html" not in answer.html
    assert "HX-Request" in answer.response["Vary"]


def test_the_address_narrows_it_to_an_environment_and_an_application(world, rita):
    world.asked()
    assert "payments 1.1.0" in group(rita.get("/inbox", environment="prod"), "needs-you")
    answer = rita.get("/inbox", environment="dev")
    assert "payments 1.1.0" not in answer.text
    assert "Show all" in answer.text
    assert "payments 1.1.0" not in rita.get("/inbox", application="nothing").text


def test_hostile_text_stays_text(world, rita):
    deployment = world.asked(reason=HOSTILE)
    Deployment.objects.filter(pk=deployment.pk).update(requested_by_name=HOSTILE)
    answer = rita.get("/inbox", environment=HOSTILE)
    assert HOSTILE not in answer.html
    assert HOSTILE not in rita.get("/inbox").html


def test_an_administrator_is_told_where_things_are_set_up_and_nobody_else_is(world, rita):
    answer = Browser("admin").get("/inbox")
    assert "are set up by scripts, through the" in answer.text
    assert {"/api/docs", "/changes"} <= set(answer.links())
    assert "are set up by scripts" not in rita.get("/inbox").text


def escalated(world, percent: int):
    """A request of which so many percent of the time for votes are over; it escalates to zoe's group, duty."""
    create_group(actor=SYSTEM, name="duty", members=["zoe"])
    world.change_gate("prod", expires_in=400_000, escalation="duty")
    asked = world.asked()
    remind_due(asked.approval.expires_at - timedelta(seconds=4_000 * (100 - percent)))
    return asked


def test_who_can_still_turn_a_key_is_reminded(world, rita):
    escalated(world, 49)
    assert "Reminded: 25 % of the time for votes is over" in group(rita.get("/inbox"), "needs-you")
    remind_due(ApprovalRequest.objects.get().remind_at)
    mine = group(rita.get("/inbox"), "needs-you")
    assert "Reminded: 50 % of the time for votes is over" in mine
    assert "escalated" not in mine


def test_a_reminder_is_news_for_an_open_page(world):
    escalated(world, 24)
    before = read_inbox(frame("rita")).version
    assert read_inbox(frame("rita")).version == before
    remind_due(ApprovalRequest.objects.get().remind_at)
    assert read_inbox(frame("rita")).version != before


def test_before_it_escalates_the_other_group_is_shown_nothing(world, zoe):
    asked = escalated(world, 74)
    assert "payments" not in zoe.get("/inbox").text
    zoe.get(f"/approvals/{asked.approval_id}", status=404)
    zoe.get(f"/deployments/{asked.pk}", status=404)


def test_after_it_the_group_sees_it_and_what_it_is_to_do_and_turns_no_key(world, zoe):
    asked = escalated(world, 75)
    answer = zoe.get("/inbox")
    others = group(answer, "needs-others")
    assert "Unanswered for 75 % of its time: escalated to duty" in others
    wanted = (
        "You see it because you are in duty: get somebody of release-managers and payments-owners to answer."
    )
    assert wanted in others
    assert "payments" not in group(answer, "needs-you")
    page = zoe.get(f"/approvals/{asked.approval_id}")
    assert "Unanswered for 75 % of its time: escalated to duty." in page.text
    assert "Only members of release-managers, payments-owners may decide here." in page.text
    assert 'value="approve"' not in page.html
    assert "payments" in zoe.get(f"/deployments/{asked.pk}").text


def test_what_was_answered_is_not_said_to_be_unanswered(world, rita):
    asked = escalated(world, 75)
    for name in ("rita", "omar"):
        world.vote(asked, name)
    assert "Unanswered" not in rita.get("/inbox").text
    assert "Unanswered for" not in rita.get(f"/approvals/{asked.approval_id}").text
