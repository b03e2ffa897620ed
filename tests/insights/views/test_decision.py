"""S3 as people see it: the sentence, the red facts, the keys, and an answer or the reason why not."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalRequest, Vote
from builds.models import Build, Evidence
from deployments.models import Deployment, Lane
from insights.reads.decision import read_decision
from kernel.clock import now
from kernel.refusals import NotFound
from tests.insights.browser import Browser, frame
from tests.insights.calendar_rows import freeze_now, window_elsewhen

HOSTILE = "<script>alert(1)</script> \u202egnp.exe"
COMMENT = "I looked at the change set."


def page_of(deployment) -> str:
    return f"/approvals/{deployment.approval_id}"


def vote_of(deployment) -> str:
    return f"{page_of(deployment)}/vote"


def red(answer) -> str:
    found = re.search(r'<ul class="red-facts">.*?</ul>', answer.html, re.DOTALL)
    return found.group(0) if found else ""


def evidence(build, verdict: str, kind: str = "junit", **summary):
    return Evidence.objects.create(
        build=build,
        subject=f"build:{build.pk}",
        kind=kind,
        name=kind,
        state="parsed",
        verdict=verdict,
        summary=summary,
        digest="sha256:" + "0" * 64,
        size=1,
        posted_by="application:payments",
        created_at=now(),
    )


def test_the_sentence_says_what_where_and_what_it_replaces(world, rita):
    answer = rita.get(page_of(world.asked()))
    heading = re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", re.search(r"<h1.*?</h1>", answer.html, re.DOTALL)[0])
    )
    for words in ("Approve", "payments 1.1.0", "prod", "eu-west-1", "333333333333", "it replaces 1.0.0"):
        assert words in heading


def test_the_order_is_that_of_a_phone_at_three_in_the_morning(world, rita):
    deployment = world.asked()
    Deployment.objects.filter(pk=deployment.pk).update(
        plan_changes=[{"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue"}]
    )
    text = rita.get(page_of(deployment)).html
    marks = ['class="decision-sentence"', 'class="red-facts"', 'id="keys"', 'id="changes"', 'id="commits"']
    marks += [
        'id="artifacts"',
        'id="evidence"',
        'id="window"',
        'id="back"',
        'id="bound"',
        'id="comment"',
        'value="approve"',
    ]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_red_facts_are_what_cannot_be_undone_and_what_nobody_knows(world, rita):
    deployment = world.asked()
    changes = [
        {"action": "Remove", "logical_id": "OldQueue", "type": "AWS::SQS::Queue"},
        {"action": "Modify", "logical_id": "Ledger", "type": "AWS::DynamoDB::Table", "replacement": "True"},
    ]
    Deployment.objects.filter(pk=deployment.pk).update(plan_changes=changes)
    Build.objects.filter(pk=deployment.release.build_id).update(commits=None)
    evidence(deployment.release.build, "fail", tests=4, passed=3, failed=1)
    facts = red(rita.get(page_of(deployment)))
    assert "1 resource is deleted" in facts
    assert "OldQueue" in facts
    assert "1 resource is replaced" in facts
    assert "Change list not supplied" in facts
    assert "junit failed" in facts
    assert "3 of 4 passed, 1 failed" in facts
    assert "No evidence of: coverage" in facts


def test_nothing_is_red_when_nothing_is_wrong(world, rita):
    deployment = world.asked()
    Build.objects.filter(pk=deployment.release.build_id).update(commits=[])
    for kind in ("junit", "coverage"):
        evidence(deployment.release.build, "pass", kind)
    assert red(rita.get(page_of(deployment))) == ""


def test_an_empty_posted_change_list_is_not_the_same_as_none_posted(world, rita):
    deployment = world.asked()
    Build.objects.filter(pk=deployment.release.build_id).update(commits=None)
    assert "That is not the same as no change" in rita.get(page_of(deployment)).text
    Build.objects.filter(pk=deployment.release.build_id).update(commits=[])
    assert "No commits between the two" in rita.get(page_of(deployment)).text


def test_a_freeze_and_a_closed_window_are_red_with_their_ends(world, rita):
    deployment = world.asked()
    freeze_now("prod", reason="Stocktaking")
    window_elsewhen("prod")
    answer = rita.get(page_of(deployment))
    assert "Stocktaking" in red(answer)
    assert "prod is closed" in red(answer)
    assert "Closed. It opens" in answer.text
    assert "it starts when this is over" in red(answer)


def test_keys_say_who_turned_them_and_who_can_turn_the_others(world, omar):
    deployment = world.asked()
    world.vote(deployment, "rita", comment=COMMENT)
    answer = omar.get(page_of(deployment))
    assert (
        "2 keys: release-managers, payments-owners. Turned by rita. Yours would be the last." in answer.text
    )
    assert "Key of release-managers" in answer.text
    assert f"“{COMMENT}”" in answer.text
    assert "olga, omar, rosa can turn it" in answer.text
    assert "1 of 2 keys" in answer.text


def test_a_key_nobody_can_turn_says_so(world, rita):
    deployment = world.asked()
    row = ApprovalRequest.objects.get(pk=deployment.approval_id)
    row.gate["slots"][1]["group"] = "nobody-is-in-it"
    ApprovalRequest.objects.filter(pk=row.pk).update(gate=row.gate)
    assert "Nobody can turn it now: add somebody to nobody-is-in-it." in rita.get(page_of(deployment)).text


def test_every_check_stands_with_its_state_and_reasons(world, rita):
    answer = rita.get(page_of(world.asked()))
    checks = re.findall(r'class="check" data-state="(\w+)".*?check-name">([^<]+)<', answer.html, re.DOTALL)
    assert checks == [
        ("pass", "Artifacts"),
        ("pass", "Order of promotion"),
        ("pass", "Standards"),
        ("pass", "Plan"),
        ("wait", "Keys"),
        ("pass", "Window"),
        ("pass", "Lane"),
    ]
    assert answer.html.count('data-code="approval_needed"') == 2


def test_the_hash_is_whole_and_goes_back_with_the_form(world, rita):
    deployment = world.asked()
    answer = rita.get(page_of(deployment))
    form = answer.form(vote_of(deployment))
    assert form["content_hash"] == deployment.approval.content_hash
    assert form["next"] == page_of(deployment)
    assert f'data-hash="{deployment.approval.content_hash}"' in answer.html
    assert f'data-check-url="/api/v1/approvals/{deployment.approval_id}"' in answer.html
    assert answer.html.count(deployment.approval.content_hash) >= 4  # shown, titled, copied, sent


def test_the_page_is_never_refreshed_by_itself(world, rita):
    answer = rita.get(page_of(world.asked()))
    assert "hx-get" not in answer.html
    assert "hx-trigger" not in answer.html
    assert 'id="stale" role="alert" hidden' in answer.html
    assert "no-store" in answer.response["Cache-Control"]


def test_a_vote_without_javascript_is_recorded_and_what_follows_is_said(world, rita):
    deployment = world.asked()
    fields = rita.get(page_of(deployment)).form(vote_of(deployment))
    response = rita.post(vote_of(deployment), **{**fields, "decision": "approve", "comment": COMMENT})
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
    response = rita.post(vote_of(deployment), **{**fields, "decision": "approve", "comment": COMMENT})
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
    assert "void since plan_digest changed" in answer.text
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


def test_who_had_a_hand_in_it_reads_so_in_red(world, dana):
    world.change_gate("prod", exclude=["requester"])
    answer = dana.get(page_of(world.asked()))
    assert "You asked for this deployment" in red(answer)
    assert "This gate asks for somebody else's word." in answer.text.replace("&#x27;", "'")


def test_a_closed_request_says_how_it_ended_and_has_no_form(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar", "reject", "The ledger is not tested.")
    answer = rita.get(page_of(deployment))
    assert "This is closed" in answer.text
    assert "Rejected by omar" in answer.text
    assert "The ledger is not tested." in answer.text
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


def test_the_way_back_is_named_or_it_is_said_that_there_is_none(world, rita):
    deployment = world.asked()
    assert "it goes back to 1.0.0" in rita.get(page_of(deployment)).text
    Lane.objects.filter(environment="prod").update(version="", deployment=None)
    answer = rita.get(page_of(deployment))
    assert "There is nothing to go back to" in answer.text
    assert "nothing is recorded there yet" in answer.text


def test_missing_and_invisible_are_the_same_404(world, zoe, rita):
    deployment = world.asked()
    hidden = zoe.get(page_of(deployment), status=404)
    missing = zoe.get("/approvals/apr_00000000000000000000000000", status=404)
    assert "payments" not in hidden.text
    assert re.sub(r"req_\w+", "", hidden.text) == re.sub(r"req_\w+", "", missing.text)
    with pytest.raises(NotFound):
        read_decision(frame("zoe"), deployment.approval_id)


def test_hostile_text_stays_text(world, rita):
    commit = {"sha": "b" * 40, "author": "dana@acme.example", "message": HOSTILE, "ticket": "<b>1</b>"}
    world.release("1.2.0", commits=[commit])
    world.runs("1.2.0", "staging")
    deployment = world.asked("1.2.0", reason=HOSTILE)
    changes = [{"action": "Remove", "logical_id": HOSTILE, "type": HOSTILE, "replacement": HOSTILE}]
    Deployment.objects.filter(pk=deployment.pk).update(plan_changes=changes)
    answer = rita.get(page_of(deployment))
    assert "<script>alert" not in answer.html
    assert "<b>1</b>" not in answer.html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.html


def test_fifteen_queries_are_enough_for_everything_on_it(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar")
    changes = [{"action": "Modify", "logical_id": f"R{n}", "type": "T"} for n in range(300)]
    Deployment.objects.filter(pk=deployment.pk).update(plan_changes=changes)
    for number in range(30):
        row = evidence(deployment.release.build, "pass")
        Evidence.objects.filter(pk=row.pk).update(name=f"suite {number}")
    page = frame("rita")
    assert page.names is None and page.pulse  # the frame's, which every page reads
    with CaptureQueriesContext(connection) as counted:
        found = read_decision(page, deployment.approval_id)
    assert (found.filled, found.total, len(found.plan.changes)) == (1, 2, 300)
    assert len(counted) <= 15
    # With the session, the person and their groups, and the badge in the navigation.
    assert rita.get(page_of(deployment)).queries <= 20
