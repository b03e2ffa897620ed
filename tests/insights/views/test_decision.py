"""As people see it: the sentence, the red facts, the keys, and an answer or the reason why not."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals.models import ApprovalRequest
from builds.models import Build, Evidence
from deployments.models import Deployment, Lane
from insights.reads.decision import read_decision
from kernel.clock import now
from kernel.refusals import NotFound
from tests.insights.browser import frame
from tests.insights.calendar_rows import freeze_now, window_elsewhen
from tests.insights.decisions import COMMENT, page_of, red

HOSTILE = "<script>alert(1)</script> \u202egnp.exe"


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
    assert "prod is closed." in red(answer)
    assert "It opens" not in red(answer), "the times stand once, under Window and its check"
    assert "Closed. It opens" in answer.text
    assert answer.text.count("prod is closed. It opens") == 1
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


def test_the_page_is_never_refreshed_by_itself(world, rita):
    answer = rita.get(page_of(world.asked()))
    assert "hx-get" not in answer.html
    assert "hx-trigger" not in answer.html
    assert 'id="stale" role="alert" hidden' in answer.html
    assert "no-store" in answer.response["Cache-Control"]


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
    assert len(counted) <= 10
    # The whole request: with the session, the person and their groups, and the badge in the navigation.
    assert rita.get(page_of(deployment)).queries <= 15
