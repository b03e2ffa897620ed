"""The browser's forms: act, send back with 303, keep what was typed when refused."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client

from approvals.models import Vote
from deployments.models import Deployment
from deployments.states import State
from teams.models import Person
from tests.teams.events import events

pytestmark = pytest.mark.django_db
COMMENT = "The limit is wrong."


def browser(username: str, **options) -> Client:
    client = Client(**options)
    client.force_login(Person.objects.get(username=username))
    return client


def said(answer) -> list[str]:
    return [str(message) for message in get_messages(answer.wsgi_request)]


def vote(client, asked, **changes):
    data = {
        "decision": "approve",
        "content_hash": asked.approval.content_hash,
        "typed_version": asked.version,
    }
    return client.post(f"/approvals/{asked.approval_id}/vote", {**data, **changes})


class TestVotes:
    def test_a_vote_is_cast_and_the_browser_sent_to_the_request(self, world):
        asked = world.asked()
        answer = vote(browser("rita"), asked)
        assert (answer.status_code, answer["Location"]) == (303, f"/approvals/{asked.approval_id}")
        assert said(answer) == ["Your approval is recorded."]
        assert (Vote.objects.get().method, Vote.objects.get().person.username) == ("session", "rita")

    def test_a_refusal_goes_back_with_the_reason_and_the_draft(self, world):
        asked = world.asked()
        client = browser("dana")
        answer = vote(client, asked, comment=COMMENT, next=f"/approvals/{asked.approval_id}")
        assert (answer.status_code, answer["Location"]) == (303, f"/approvals/{asked.approval_id}")
        assert said(answer) == ["You asked for this deployment, so another person must decide."]
        assert COMMENT in str(dict(client.session))
        assert Vote.objects.count() == 0
        assert len(events("vote.refused")) == 1

    def test_a_rejection_and_a_withdrawal_say_so(self, world):
        asked = world.asked()
        rita = browser("rita")
        vote(rita, asked)
        assert (
            said(vote(rita, asked, decision="withdraw"))[-1] == "Your vote is withdrawn; you may vote again."
        )
        assert (
            said(vote(rita, asked, decision="reject", comment=COMMENT))[-1] == "Your rejection is recorded."
        )
        assert world.fresh(asked).state == "rejected"

    def test_a_stale_page_casts_nothing(self, world):
        asked = world.asked()
        world.plan(asked, digest="sha256:" + "8" * 64)
        answer = vote(browser("rita"), asked, next="/inbox")
        assert (answer.status_code, answer["Location"]) == (303, "/inbox")
        assert "Look again" in said(answer)[0]
        assert Vote.objects.count() == 0

    def test_without_the_token_of_the_form_nothing_happens(self, world):
        asked = world.asked()
        assert vote(browser("rita", enforce_csrf_checks=True), asked).status_code == 403
        assert Vote.objects.count() == 0

    def test_without_signing_in_one_is_sent_to_the_entrance(self, world):
        asked = world.asked()
        answer = vote(Client(), asked)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/sign-in")
        assert Vote.objects.count() == 0

    def test_an_outsider_gets_the_page_of_what_does_not_exist(self, world):
        assert vote(browser("zoe"), world.asked()).status_code == 404

    def test_looking_is_not_voting(self, world):
        asked = world.asked()
        assert browser("rita").get(f"/approvals/{asked.approval_id}/vote").status_code == 405


class TestDeployments:
    WANTED = {"application": "payments", "version": "1.1.0", "environment": "prod", "typed_version": "1.1.0"}

    def test_a_request_is_made_once_and_shown(self, world):
        dana = browser("dana")
        answer = dana.post("/deployments/request", self.WANTED)
        row = Deployment.objects.get(state="requested")
        assert (answer.status_code, answer["Location"]) == (303, f"/deployments/{row.pk}")
        assert said(answer) == ["Requested: 1.1.0 to prod."]
        again = dana.post("/deployments/request", self.WANTED)
        assert again["Location"] == f"/deployments/{row.pk}"
        assert Deployment.objects.filter(kind="deploy").count() == 1

    def test_a_form_without_its_fields_goes_back(self, world):
        answer = browser("dana").post("/deployments/request", {"next": "/releases"})
        assert (answer.status_code, answer["Location"]) == (303, "/releases")
        assert Deployment.objects.filter(kind="deploy").count() == 0

    def test_a_way_back_leads_to_this_site_only(self, world):
        answer = browser("dana").post("/deployments/request", {"next": "https://evil.example/"})
        assert answer.status_code == 422

    def test_cancel_says_whether_it_is_over(self, world):
        asked = world.asked()
        answer = browser("dana").post(f"/deployments/{asked.pk}/cancel", {"reason": "Not today"})
        assert (answer.status_code, said(answer)) == (303, ["Cancelled."])
        running = world.running()
        answer = browser("dana").post(f"/deployments/{running.pk}/cancel", {"reason": "Stop"})
        assert said(answer) == ["It stops at the next safe point."]
        assert world.fresh(running).state == State.RUNNING

    def test_a_person_settles_what_is_stuck(self, world):
        row = world.move(world.running(), State.NEEDS_HUMAN)
        data = {"outcome": "failed", "reason": "The stack is gone."}
        answer = browser("rita").post(f"/deployments/{row.pk}/resolve", data)
        assert (answer.status_code, said(answer)) == (303, ["Recorded."])
        assert world.fresh(row).state == State.FAILED
