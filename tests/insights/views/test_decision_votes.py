"""As people see it: the answer, or in its place the reason why there is none; also without JavaScript."""

from datetime import timedelta

import pytest

from approvals.models import ApprovalRequest, Vote
from deployments.models import Deployment
from kernel.clock import now
from tests.insights.browser import Browser
from tests.insights.calendar_rows import window_elsewhen
from tests.insights.decisions import COMMENT, page_of, red, vote_of

APPROVE = {"decision": "approve", "comment": COMMENT, "typed_version": "1.1.0"}


def test_the_hash_is_whole_and_goes_back_with_the_form(world, rita):
    deployment = world.asked()
    answer = rita.get(page_of(deployment))
    form = answer.form(vote_of(deployment))
    assert form["content_hash"] == deployment.approval.content_hash
    assert form["next"] == f"{page_of(deployment)}#vote"  # a refusal leads back to the field, script or not
    assert f'data-hash="{deployment.approval.content_hash}"' in answer.html
    assert f'data-check-url="/api/v1/approvals/{deployment.approval_id}"' in answer.html
    assert answer.html.count(deployment.approval.content_hash) >= 4  # shown, titled, copied, sent


def test_a_vote_without_javascript_is_recorded_and_what_follows_is_said(world, rita):
    deployment = world.asked()
    fields = rita.get(page_of(deployment)).form(vote_of(deployment))
    response = rita.post(
        vote_of(deployment), **{**fields, "decision": "approve", "comment": COMMENT, "typed_version": "1.1.0"}
    )
    assert response.status_code == 303
    assert response["Location"] == page_of(deployment)
    answer = rita.get(page_of(deployment))
    assert "Your approval is recorded." in answer.text
    assert "You approved this" in answer.text
    assert "It starts when the other keys are turned. You can withdraw until it starts." in answer.text
    assert f'data-draft-done="approval-{deployment.approval_id}"' in answer.html
    assert 'value="approve"' not in answer.html
    fields = answer.form(vote_of(deployment))
    assert rita.post(vote_of(deployment), **{**fields, "decision": "withdraw"}).status_code == 303
    assert 'value="approve"' in rita.get(page_of(deployment)).html


def test_when_all_keys_are_turned_it_says_when_it_starts(world, rita):
    deployment = world.approved()
    assert "All keys are turned. It starts as soon as the lane is free." in rita.get(page_of(deployment)).text
    window_elsewhen("prod")
    assert "It starts by itself when the window opens" in rita.get(page_of(deployment)).text


def test_of_a_scheduled_start_it_says_when_and_whether_the_keys_hold_until_then(world, rita):
    later = now() + timedelta(hours=5)
    deployment = world.asked(not_before=later)
    assert f"not before {later:%a %-d %b}" in rita.get(page_of(deployment)).text
    for name in ("rita", "omar"):
        world.vote(deployment, name)
    text = rita.get(page_of(deployment)).text
    assert f"All keys are turned. It does not start before {later:%a %-d %b}" in text
    assert "The keys do not hold" not in text
    Deployment.objects.update(not_before=later + timedelta(days=3))
    text = rita.get(page_of(deployment)).text
    assert "The keys do not hold until it may start" in text and "before it is scheduled to start" in text


def test_a_rejection_without_a_reason_is_refused_and_the_text_is_kept(world, rita):
    deployment = world.asked()
    fields = rita.get(page_of(deployment)).form(vote_of(deployment))
    response = rita.post(vote_of(deployment), **{**fields, "decision": "reject", "comment": "no"})
    assert response.status_code == 303
    answer = rita.get(page_of(deployment))
    assert answer.form(vote_of(deployment))["comment"] == "no"
    assert "A comment has 10 to 2000 characters; this one has 2." in answer.text
    assert not Vote.objects.exists()


def test_a_vote_on_a_stale_page_is_refused_and_the_text_is_kept(world, rita):
    deployment = world.asked()
    fields = rita.get(page_of(deployment)).form(vote_of(deployment))
    world.plan(deployment, digest="sha256:" + "f" * 64)
    response = rita.post(
        vote_of(deployment), **{**fields, "decision": "approve", "comment": COMMENT, "typed_version": "1.1.0"}
    )
    assert response.status_code == 303
    answer = rita.get(page_of(deployment))
    assert "What you looked at is not what is asked now (plan_digest). Look again." in answer.text
    again = answer.form(vote_of(deployment))
    assert again["comment"] == COMMENT
    assert again["content_hash"] != fields["content_hash"]
    assert not Vote.objects.exists()


def test_votes_on_an_earlier_content_are_shown_as_void(world, rita):
    deployment = world.asked()
    world.vote(deployment, "rita", comment=COMMENT)
    world.plan(deployment, digest="sha256:" + "f" * 64)
    answer = rita.get(page_of(deployment))
    assert "Void, content changed" in answer.text
    assert "1 vote on an earlier content" in answer.text
    assert "Void: Plan changed since rita voted" in answer.text, "near the top, outside the fold"
    assert "Plan: sha256:dddddddddddd… → sha256:ffffffffffff…" in answer.text
    assert answer.has_form(vote_of(deployment))


@pytest.mark.parametrize(
    ("username", "sentence", "code"),
    [
        ("dana", "You asked for this deployment, so another person must decide.", "separation_of_duties"),
        ("aude", "Only members of release-managers, payments-owners may decide here.", "not_eligible"),
        ("dave", "Only members of release-managers, payments-owners may decide here.", "not_eligible"),
    ],
)
def test_the_reason_stands_in_place_of_the_button(world, username, sentence, code):
    world.change_gate("prod", exclude=["requester", "author"])
    deployment = world.asked()
    browser = Browser(username)
    answer = browser.get(page_of(deployment))
    assert sentence in answer.text
    assert f'data-code="{code}"' in answer.html
    assert not answer.has_form(vote_of(deployment))
    hidden = {"content_hash": deployment.approval.content_hash, "next": page_of(deployment)}
    response = browser.post(vote_of(deployment), decision="approve", comment="", **hidden)
    assert response.status_code == 303
    assert sentence in browser.get(page_of(deployment)).text
    assert not Vote.objects.exists()


def test_who_is_kept_out_reads_why_once_in_place_of_the_buttons(world, dana):
    world.change_gate("prod", exclude=["requester", "author"])
    answer = dana.get(page_of(world.asked()))
    assert answer.text.count("You asked for this deployment") == 1
    assert "You asked for this deployment" in answer.text.partition("You cannot decide this")[2]
    assert "You wrote a commit" not in answer.text
    assert "shipped" not in red(answer)


def test_a_hand_in_it_that_the_gate_allows_is_told_in_red(world, dana):
    world.change_gate("prod", exclude=["requester"])
    facts = red(dana.get(page_of(world.asked())))
    assert "You wrote a commit that is being shipped" in facts
    assert "This gate allows it." in facts


def test_an_unknown_author_is_red_only_where_the_gate_lets_them_pass(world, rita):
    world.change_gate("prod", unknown_authors="flag")
    commit = {"sha": "e" * 40, "author": "lena@elsewhere.example", "message": "Round"}
    world.release("1.2.0", commits=[commit])
    for place in ("dev", "staging"):
        world.runs("1.2.0", place)
    answer = rita.get(page_of(world.asked("1.2.0")))
    assert "Whoever wrote that could vote on it." in red(answer)
    world.change_gate("prod", unknown_authors="block")
    answer = rita.get(page_of(world.asked("1.2.0")))
    assert "Nobody here is known as lena@elsewhere.example." in answer.text
    assert "An author nobody knows" not in answer.text
    assert "could vote on it" not in answer.text


def test_a_closed_request_says_how_it_ended_and_has_no_form(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar", "reject", "The ledger is not tested.")
    answer = rita.get(page_of(deployment))
    assert "This is closed" in answer.text
    assert "Rejected by omar" in answer.text
    assert "The ledger is not tested." in answer.text
    assert "Not turned when the request ended." in answer.text
    assert "can turn it" not in answer.text.split("Change set")[0]
    assert "it replaces" not in answer.text
    assert "When it was decided" in answer.text
    assert not answer.has_form(vote_of(deployment))


def test_a_superseded_request_leads_to_the_newer_one(world, rita):
    older = world.asked()
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    newer = world.approved("1.2.0")
    answer = rita.get(page_of(older))
    assert f'href="/deployments/{newer.pk}"' in answer.html
    assert "This request was superseded" in answer.text


def test_an_expired_request_takes_no_vote(world, rita):
    deployment = world.asked()
    ApprovalRequest.objects.filter(pk=deployment.approval_id).update(expires_at=now())
    answer = rita.get(page_of(deployment))
    assert "This request takes no votes any more: it is expired." in answer.text
    assert not answer.has_form(vote_of(deployment))
