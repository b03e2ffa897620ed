"""As people see it: what it does now, its log, and what can be done about it."""

import re
from datetime import timedelta

import pytest

from builds.models import Evidence
from deployments.models import Deployment, DeploymentLog, Intent, Lane, Step
from deployments.states import State
from kernel.clock import now

REASON = "The stack is complete; I looked."


def path_of(deployment) -> str:
    return f"/deployments/{deployment.pk}"


def write_log(deployment, *texts: str) -> int:
    """Only these pieces, as the worker writes them; answers the offset of the next one."""
    DeploymentLog.objects.filter(deployment=deployment).delete()
    offset = 0
    for text in texts:
        DeploymentLog.objects.create(deployment=deployment, offset=offset, text=text, at=now())
        offset += len(text)
    return offset


def card(answer, name: str) -> str:
    found = re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', answer.html, re.DOTALL)
    return found.group(0) if found else ""


def test_the_first_line_is_one_sentence_and_who_can_clear_it(world, rita):
    answer = rita.get(path_of(world.asked()))
    head = re.search(r'class="deployment-state".*?</div>\s*<p class="muted">.*?</p>', answer.html, re.DOTALL)[
        0
    ]
    assert "Needs approval" in head
    assert "The key of release-managers is still open; rita, rosa can turn it." in head
    assert "A member of release-managers votes." in head
    assert "All 2 reasons, in order" in answer.text
    assert "Review" in answer.text


def test_it_says_what_it_would_replace_before_it_starts_and_what_it_replaced_afterwards(world, rita):
    asked = world.asked()
    assert "Would replace 1.0.0" in rita.get(path_of(asked)).text
    Lane.objects.filter(environment="prod").update(version="", deployment=None)
    assert "Would replace nothing recorded" in rita.get(path_of(asked)).text


@pytest.mark.parametrize(
    ("states", "word", "sentence"),
    [
        ([], "Deploying", "AWS is being changed now."),
        ([State.VERIFYING], "Verifying", "the team's tests run in the target account"),
        ([State.UNCERTAIN], "Uncertain, asking AWS", "We lost touch in the middle."),
        ([State.ROLLING_BACK, State.ROLLBACK_FAILED], "Rollback failed", "What runs there now is not known."),
    ],
)
def test_each_state_has_its_sentence(world, rita, states, word, sentence):
    answer = rita.get(path_of(world.move(world.running(), *states)))
    assert word in answer.text
    assert sentence in answer.text


def test_steps_stand_in_order_with_state_and_length(world, rita):
    deployment = world.running()
    at = now()
    Step.objects.filter(deployment=deployment, kind="plan").update(
        state="done",
        started_at=at.replace(microsecond=0),
        ended_at=at.replace(microsecond=0) + timedelta(seconds=7),
        detail="3 changes",
    )
    Step.objects.filter(deployment=deployment, kind="window").update(
        state="done", started_at=at, ended_at=at + timedelta(milliseconds=400)
    )
    section = card(rita.get(path_of(deployment)), "steps")
    names = re.findall(r'class="step-name">([^<]+?) <', section)
    assert names[:4] == ["Verify artifacts", "Plan", "Keys", "Window"]
    assert "3 changes" in section
    assert '<span class="step-time">7 s</span>' in section
    assert "0 s" not in section, "what took no time says none"


def test_the_moving_part_asks_again_until_it_ends(world, rita):
    deployment = world.running()
    page = rita.get(path_of(deployment))
    assert re.search(r"<noscript>.*load it again.*</noscript>", page.html)
    poll = re.search(r'id="_progress" hx-get="([^"]+)" hx-trigger="every 1500ms"', page.html).group(1)
    assert rita.get(poll, htmx=True, status=204).html == ""
    world.move(deployment, State.VERIFYING)
    answer = rita.get(poll, htmx=True)
    assert "Verifying" in answer.text
    assert "<html" not in answer.html
    world.move(deployment, State.SUCCEEDED)
    last = rita.get(poll, htmx=True, status=286)
    assert "Deployed, and the tests passed." in last.text
    assert "hx-get" not in last.html
    assert "hx-get" not in rita.get(path_of(deployment)).html


def test_a_quiet_poll_is_cheap(world, rita):
    deployment = world.running()
    page = rita.get(path_of(deployment))
    poll = re.search(r'id="_progress" hx-get="([^"]+)"', page.html).group(1)
    assert rita.get(poll, htmx=True, status=204).queries <= 8


def test_the_log_opens_at_its_tail_and_the_rest_is_one_link_away(world, rita):
    deployment = world.running()
    write_log(deployment, "".join(f"line {n}\n" for n in range(1, 701)))
    answer = rita.get(path_of(deployment))
    assert answer.html.count('class="log-line"') == 500
    assert 'id="L700"' in answer.html
    assert 'id="L200"' not in answer.html
    assert "200 earlier lines not shown" in answer.text
    assert "?all=1#log-title" in answer.links()
    everything = rita.get(path_of(deployment), all="1")
    assert everything.html.count('class="log-line"') == 700
    assert "Load earlier" not in everything.text


def test_the_log_grows_by_offset_and_keeps_its_numbers(world, rita):
    deployment = world.running()
    end = write_log(deployment, "one\n", "two\n")
    page = rita.get(path_of(deployment))
    poll = re.search(r'id="_log_cursor" hx-get="([^"]+)"', page.html).group(1).replace("&amp;", "&")
    assert poll == f"{path_of(deployment)}/log?after={end}&line=3"
    assert rita.get(poll, htmx=True, status=204).html == ""
    DeploymentLog.objects.create(deployment=deployment, offset=end, text="three failed\nfour\n", at=now())
    answer = rita.get(poll, htmx=True)
    assert re.findall(r'id="L(\d+)"', answer.html) == ["3", "4"]
    assert 'id="L3" data-level="error"' in answer.html
    assert f"after={end + 18}&amp;line=5" in answer.html
    assert 'hx-swap-oob="true"' in answer.html
    world.move(deployment, State.VERIFYING, State.SUCCEEDED)
    last = rita.get(poll, htmx=True, status=286)
    assert "hx-trigger" not in last.html


def test_the_raw_log_is_plain_text(world, rita):
    deployment = world.running()
    write_log(deployment, "<b>one</b>\n", "two\n")
    answer = rita.get(f"{path_of(deployment)}/log")
    assert answer.html == "<b>one</b>\ntwo\n"
    assert answer.response["Content-Type"] == "text/plain; charset=utf-8"
    assert f"{path_of(deployment)}/log" in rita.get(path_of(deployment)).links()


def test_hostile_log_lines_and_reasons_stay_text(world, rita):
    deployment = world.asked(reason="<script>alert(1)</script>")
    write_log(deployment, "\x1b[31m<img src=x onerror=alert(1)>\x1b[0m \u202eevil\n")
    answer = rita.get(path_of(deployment))
    assert "<script>alert" not in answer.html
    assert "<img src=x" not in answer.html
    assert "&lt;img src=x onerror=alert(1)&gt;" in answer.html


def test_before_anything_is_logged_it_says_so(world, rita):
    assert "Nothing has been logged yet." in rita.get(path_of(world.request())).text


def test_what_was_done_in_aws_is_counted_and_what_is_not_known_is_said(world, rita):
    deployment = world.running()
    assert "AWS has not been changed." in rita.get(path_of(deployment)).text
    step = Step.objects.filter(deployment=deployment, kind="apply").get()
    for number, outcome in enumerate(("done", "ambiguous", "refused")):
        Intent.objects.create(
            deployment=deployment,
            step=step,
            api="cloudformation.ExecuteChangeSet",
            purpose="apply",
            token=f"t{number}",
            request_digest="sha256:0",
            epoch=1,
            created_at=now(),
            outcome=outcome,
        )
    arn = "arn:aws:sts::333333333333:assumed-role/deploy/rg"
    Deployment.objects.filter(pk=deployment.pk).update(aws_identity={"account": "333333333333", "arn": arn})
    answer = rita.get(path_of(deployment))
    told = "3 changes of AWS intended, 1 confirmed, 1 refused by AWS, which changed nothing, 1 not known yet"
    assert told in answer.text
    assert arn in answer.text


def test_keys_checks_and_tests_are_on_the_page(world, rita):
    deployment = world.succeeded()
    assert "No test reported before it ended." in card(rita.get(path_of(deployment)), "tests")
    Evidence.objects.create(
        build=deployment.release.build,
        subject=f"deployment:{deployment.pk}",
        kind="junit",
        name="smoke #1",
        state="parsed",
        verdict="pass",
        summary={"tests": 3, "passed": 3, "failed": 0, "errors": 0, "skipped": 0},
        digest="sha256:0",
        size=1,
        posted_by="system:worker",
        created_at=now(),
    )
    answer = rita.get(path_of(deployment))
    assert "3 of 3 passed" in card(answer, "tests")
    assert "Used by its deployment" in card(answer, "votes")
    assert "Key of release-managers" in card(answer, "votes")
    assert "Deploying" in card(answer, "timeline")


def test_a_baseline_claims_no_tests_and_no_approval(world, rita):
    row = Deployment.objects.filter(kind="baseline", environment="prod").get()
    answer = rita.get(path_of(row))
    assert "Recorded as what already runs; no approval is claimed." in answer.text
    assert "nothing was tested" in answer.text
    assert not card(answer, "votes")


def test_who_asked_cancels_with_a_plain_form_that_says_what_happens(world, dana):
    deployment = world.asked()
    answer = dana.get(path_of(deployment))
    assert "Nothing has been changed in AWS. The request ends" in answer.text
    fields = answer.form(f"{path_of(deployment)}/cancel")
    response = dana.post(f"{path_of(deployment)}/cancel", **fields)
    assert response.status_code == 303
    assert "Say why." in dana.get(path_of(deployment)).text
    assert world.fresh(deployment).state == "needs_approval"
    response = dana.post(f"{path_of(deployment)}/cancel", **{**fields, "reason": "Not today"})
    assert response["Location"] == path_of(deployment)
    answer = dana.get(path_of(deployment))
    assert "Cancelled by dana: Not today" in answer.text
    assert not answer.has_form(f"{path_of(deployment)}/cancel")


def test_who_may_not_cancel_reads_who_may(world, omar):
    deployment = world.asked()
    answer = omar.get(path_of(deployment))
    assert not answer.has_form(f"{path_of(deployment)}/cancel")
    assert "Whoever asked for it, its team and release managers can cancel it." in answer.text


def test_a_person_settles_what_reading_aws_could_not(world, rita, dana):
    deployment = world.move(world.running(), State.NEEDS_HUMAN)
    assert "A release manager settles this, after looking in AWS." in dana.get(path_of(deployment)).text
    assert not dana.get(path_of(deployment)).has_form(f"{path_of(deployment)}/resolve")
    answer = rita.get(path_of(deployment))
    assert "Nothing else runs in this lane until a person does." in answer.text
    fields = answer.form(f"{path_of(deployment)}/resolve")
    path = f"{path_of(deployment)}/resolve"
    rita.post(path, **{**fields, "outcome": "failed", "reason": "short"})
    again = rita.get(path_of(deployment))
    assert again.form(path)["reason"] == "short"
    assert '<option value="failed" selected>' in again.html
    rita.post(path, **{**fields, "outcome": "succeeded", "reason": REASON})
    assert world.fresh(deployment).state == "succeeded"


def test_missing_and_invisible_are_the_same_404(world, zoe):
    deployment = world.asked()
    for path in (
        path_of(deployment),
        f"{path_of(deployment)}/log",
        "/deployments/dep_0",
        "/deployments/dep_0/log",
    ):
        assert "payments" not in zoe.get(path, status=404).text
    zoe.get(path_of(deployment), htmx=True, status=404)


def test_a_wild_offset_is_the_beginning(world, rita):
    deployment = world.running()
    write_log(deployment, "one\n")
    assert rita.get(f"{path_of(deployment)}/log", after="-1").html == "one\n"
    assert rita.get(f"{path_of(deployment)}/log", after="9" * 40).html == "one\n"
