"""As people see it: where it is, what it would bring, what comes next and for whom."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from builds.models import Build
from deployments.models import Deployment
from insights.templatetags.gate import absolute
from kernel.clock import now
from releases.models import Release
from tests.insights.browser import Browser
from tests.pipelines import places

PATH = "/releases/payments/1.1.0"
REQUEST = "/deployments/request"


@pytest.fixture(autouse=True)
def templates(monkeypatch):
    """The artifact store, answered from memory: {digest: template}."""
    stored = {}
    monkeypatch.setattr("releases.diff._read", lambda artifact: artifact and stored.get(artifact.digest))
    return stored


def noon_in(zone: str, *, days: int) -> datetime:
    there = now().astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return there.replace(hour=12, minute=0, second=0, microsecond=0)


def card(answer, name: str) -> str:
    """The HTML of one section."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}".*?</section>', answer.html, re.DOTALL)
    return found.group(0) if found else ""


def test_the_strip_shows_each_stage_with_its_state(world, rita):
    world.asked()
    strip = card(rita.get(PATH), "where")
    stops = re.findall(r'track-stop" data-state="(\w+)".*?track-name"[^>]*>([^<]+)<', strip, re.DOTALL)
    assert stops == [("succeeded", "dev"), ("succeeded", "staging"), ("needs_approval", "prod")]


def test_what_was_replaced_says_so(world, rita):
    strip = card(rita.get("/releases/payments/1.0.0"), "where")
    stops = re.findall(r'track-stop" data-state="(\w+)".*?track-name"[^>]*>([^<]+)<', strip, re.DOTALL)
    assert stops == [("replaced", "dev"), ("replaced", "staging"), ("succeeded", "prod")]
    assert "Was there" in strip


def test_the_team_asks_with_a_plain_form(world, dana):
    answer = dana.get(PATH)
    assert "Next: prod" in answer.text
    fields = answer.form(REQUEST)
    assert fields["environment"] == "prod"
    response = dana.post(
        REQUEST, **{**fields, "reason": "The customers wait for it.", "typed_version": "1.1.0"}
    )
    row = Deployment.objects.get(kind="deploy")
    assert (row.version, row.environment_id, row.reason) == ("1.1.0", "prod", "The customers wait for it.")
    assert response.status_code == 303
    assert response["Location"] == f"/deployments/{row.pk}"


def test_a_later_start_is_typed_by_the_readers_own_clock(world, dana):
    dana.client.cookies["zone"] = "Europe/Berlin"
    answer = dana.get(PATH)
    assert "By your clock (Europe/Berlin)." in answer.text
    there = noon_in("Europe/Berlin", days=40)
    typed = {"typed_version": "1.1.0", "not_before": f"{there:%Y-%m-%dT%H:%M}"}
    dana.post(REQUEST, **{**answer.form(REQUEST), **typed})
    row = Deployment.objects.get(kind="deploy")
    assert row.not_before == there
    assert f"not before {absolute(there, there.tzinfo, now())}" in dana.get(f"/deployments/{row.pk}").text


def test_a_start_outside_the_windows_is_said_beside_its_field_with_the_next_opening(world, dana):
    places.window(scope={"environment": "prod"}, rrule="FREQ=DAILY", start="2026-01-07T22:00:00")
    dana.client.cookies["zone"] = "America/New_York"
    there = noon_in("America/New_York", days=5)
    opens = there.astimezone(ZoneInfo("Europe/Berlin")).replace(hour=22)
    typed = f"{there:%Y-%m-%dT%H:%M}"
    fields = {**dana.get(PATH).form(REQUEST), "reason": "Tonight.", "not_before": typed}
    dana.post(REQUEST, **fields)
    assert Deployment.objects.filter(kind="deploy").count() == 0
    answer = dana.get(PATH)
    said = re.search(r'id="id_not_before_error">.*?<p>(.*?)</p>', answer.html, re.DOTALL).group(1)
    here = f"{opens.astimezone(there.tzinfo):%A %-d %B %Y %H:%M} (America/New_York)"
    assert f"22:00 (Europe/Berlin), that is {here}" in said
    assert answer.form(REQUEST)["not_before"] == typed
    assert 'id="id_reason_error"' not in answer.html
    assert '<details class="fold" open><summary>Start later' in answer.html


def test_a_start_further_ahead_than_90_days_is_said_beside_its_field(world, dana):
    there = noon_in("UTC", days=92)
    typed = f"{there:%Y-%m-%dT%H:%M}"
    dana.post(REQUEST, **{**dana.get(PATH).form(REQUEST), "not_before": typed})
    assert Deployment.objects.filter(kind="deploy").count() == 0
    answer = dana.get(PATH)
    said = re.search(r'id="id_not_before_error">.*?<p>(.*?)</p>', answer.html, re.DOTALL).group(1)
    assert said == "A start is at most 90 days ahead."
    assert answer.form(REQUEST)["not_before"] == typed


def test_one_who_may_not_ask_reads_who_may(world, omar):
    answer = omar.get(PATH)
    assert not answer.has_form(REQUEST)
    assert "The team payments and release managers request deployments of payments." in answer.text
    response = omar.post(REQUEST, application="payments", version="1.1.0", environment="prod", next=PATH)
    assert response.status_code == 303
    assert "This needs the permission deployment.request." in omar.get(PATH).text
    assert not Deployment.objects.filter(kind="deploy").exists()


def test_what_decide_denies_cannot_be_asked_for_and_says_why(world, dana):
    world.release("1.2.0")
    answer = dana.get("/releases/payments/1.2.0", to="prod")
    assert not answer.has_form(REQUEST)
    assert "1.2.0 has not succeeded in staging, which comes before prod." in answer.text
    assert "Deploy 1.2.0 to staging first." in answer.text
    assert dana.get("/releases/payments/1.2.0").has_form(REQUEST)  # the next place is dev


def test_an_open_request_is_reviewed_or_followed(world, rita, dana):
    deployment = world.asked()
    answer = rita.get(PATH)
    assert f'href="/approvals/{deployment.approval_id}"' in card(answer, "next")
    assert not answer.has_form(REQUEST)
    world.vote(deployment, "rita")
    world.vote(deployment, "omar")
    world.start(deployment)
    assert "Follow the deployment" in card(dana.get(PATH), "next")


def test_commits_are_those_since_what_runs_in_the_chosen_environment(world, rita):
    commit = {
        "sha": "c" * 40,
        "author": "dana@acme.example",
        "message": "Round up\n\nLong",
        "ticket": "PAY-9",
    }
    world.release("1.2.0", commits=[commit])
    answer = rita.get("/releases/payments/1.2.0", against="environment:prod")
    section = card(answer, "commits")
    assert "Round up" in section
    assert "Long" not in section
    assert "PAY-9" in section
    assert "prod runs" in answer.text
    assert '<option value="environment:prod" selected>' in answer.html
    Build.objects.filter(version="1.1.0").update(commits=None)
    answer = rita.get("/releases/payments/1.2.0", against="environment:prod")
    assert "The change list has gaps: 1.1.0 came without commits." in card(answer, "commits")


def test_a_missing_change_list_never_looks_like_no_change(world, rita):
    Build.objects.update(commits=None)
    section = card(rita.get(PATH), "commits")
    assert "Change list not supplied" in section
    assert "No commits between the two" not in section


def test_an_older_release_is_labelled_a_rollback(world, rita):
    answer = rita.get("/releases/payments/1.0.0", against="environment:staging")
    section = card(answer, "commits")
    assert "Rollback" in section
    assert "goes away" in section
    assert "Rollback" not in card(rita.get(PATH), "commits")


def different(world, templates, before: dict, after: dict) -> None:
    """1.0.0 and 1.1.0 with these templates."""
    for version, template in (("1.0.0", before), ("1.1.0", after)):
        release = world.get_release(version)
        digest = "sha256:" + version[2] * 64
        templates[digest] = {"Resources": template}
        release.build.artifacts.filter(kind="cloudformation-template").update(digest=digest)


def test_artifacts_template_and_rights_are_compared(world, rita, templates):
    queue = {"Type": "AWS::SQS::Queue"}
    policy = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": policy}]}}
    different(world, templates, {"Old": queue, "Same": queue}, {"New": queue, "Same": queue, "Role": role})
    answer = rita.get(PATH, against="environment:prod")
    assert "Changed" in card(answer, "artifacts")
    section = card(answer, "template")
    changes = re.findall(r'<tr data-change="(\w+)">.*?<code>(\w+)</code>', section, re.DOTALL)
    assert changes == [("add", "New"), ("remove", "Old"), ("add", "Role")]
    assert "Rights are widened" in card(answer, "iam")
    assert "Role" in card(answer, "iam")


def test_a_template_that_is_not_kept_makes_two_sections_unknown_and_not_the_page(
    world, rita, templates, monkeypatch
):
    different(world, templates, {}, {"New": {"Type": "AWS::SQS::Queue"}})
    monkeypatch.undo()
    answer = rita.get(PATH)
    assert "Could not be compared" in card(answer, "template")
    assert "Could not be worked out" in card(answer, "iam")
    assert "Nothing is allowed that was not allowed before" not in answer.text
    assert card(answer, "artifacts")


def test_missing_evidence_is_listed_as_not_supplied(world, rita):
    section = card(rita.get(PATH), "evidence")
    assert section.count("Not supplied") == 2
    assert "Passed" not in section


def test_the_timeline_tells_who_did_what(world, rita):
    deployment = world.asked()
    world.vote(deployment, "omar", comment="I looked at the change set.")
    section = card(rita.get(PATH), "timeline")
    assert "Approved for payments-owners" in section
    assert "I looked at the change set." in section
    assert "Requested 1.1.0 to prod" in section
    assert "Release cut" in section


def test_a_withdrawn_release_says_so_and_why(world, dana):
    Release.objects.filter(version="1.1.0").update(state="withdrawn", withdrawn_reason="It loses money.")
    answer = dana.get(PATH)
    assert "This release was withdrawn" in answer.text
    assert "It loses money." in answer.text
    assert not answer.has_form(REQUEST)


def test_only_an_https_address_of_a_run_becomes_a_link(world, rita):
    Build.objects.filter(version="1.1.0").update(
        run={"provider": "ci", "id": "7", "url": "javascript:alert(1)"}
    )
    answer = rita.get(PATH)
    assert "javascript:" not in answer.html
    assert "ci run 7" in answer.text
    Build.objects.filter(version="1.1.0").update(
        run={"provider": "ci", "id": "7", "url": "https://ci.example/7"}
    )
    assert 'href="https://ci.example/7"' in rita.get(PATH).html


@pytest.mark.parametrize("query", [{"to": "nowhere"}, {"against": "environment:nowhere"}])
def test_an_environment_that_the_pipeline_lacks_is_a_404(world, rita, query):
    rita.get(PATH, status=404, **query)


def test_missing_and_invisible_are_the_same_404(world, zoe, rita):
    hidden, missing = zoe.get(PATH, status=404), zoe.get("/releases/payments/9.9.9", status=404)
    assert re.sub(r"req_\w+", "", hidden.text) == re.sub(r"req_\w+", "", missing.text)
    rita.get("/releases/nothing/1.0.0", status=404)


def test_an_auditor_reads_all_and_is_offered_nothing(world):
    answer = Browser("aude").get(PATH)
    assert not answer.has_form(REQUEST)
    assert "payments 1.1.0" in answer.text
