"""Before something goes to a protected environment its page asks for the version (G07); the API never does."""

import pytest

from approvals.models import Vote
from deployments.models import Deployment
from pipelines.models import Environment
from tests.insights.browser import Browser
from tests.insights.decisions import COMMENT, page_of, vote_of
from tests.teams.events import events

RELEASE, REQUEST = "/releases/payments/1.1.0", "/deployments/request"
SAYS = "prod is protected: type the version, 1.1.0, exactly as it stands here."
WRONG = ["", "   ", "1.1", "1.1.1", "v1.1.0", "prod"]


def unprotect(name: str = "prod") -> None:
    Environment.objects.filter(pk=name).update(protected=False)


def send(person: Browser, deployment, **fields):
    """The decision page's own form, as a browser without scripts sends it."""
    form = person.get(page_of(deployment)).form(vote_of(deployment))
    return person.post(vote_of(deployment), **{**form, "decision": "approve", "comment": COMMENT, **fields})


def ask(person: Browser, place: str = "prod", **fields):
    form = person.get(RELEASE, to=place).form(REQUEST)
    return person.post(REQUEST, **{**form, "reason": "The customers wait.", **fields})


class TestApproving:
    def test_the_page_asks_for_the_version_beside_the_comment(self, world, rita):
        answer = rita.get(page_of(world.asked()))
        assert "Type the version to go on" in answer.text
        assert 'name="typed_version"' in answer.html
        assert 'value="reject" form="vote" formnovalidate' in answer.html, "who says no types nothing"
        assert 'value="approve" form="vote" formnovalidate' not in answer.html

    @pytest.mark.parametrize("typed", WRONG)
    def test_another_text_is_no_vote_and_what_was_typed_stays(self, world, rita, typed):
        deployment = world.asked()
        before = world.fresh(deployment)
        seen = events()
        response = send(rita, deployment, typed_version=typed)
        assert (response.status_code, response["Location"]) == (303, f"{page_of(deployment)}#vote")
        assert rita.client.session["draft"]["code"] == "version_not_typed"
        answer = rita.get(page_of(deployment))
        assert '<div class="field-error" id="id_typed_version_error">' in answer.html
        assert SAYS in answer.text
        assert 'id="comment_error"' not in answer.html, "nothing is wrong with the comment"
        assert answer.form(vote_of(deployment))["comment"] == COMMENT
        assert answer.form(vote_of(deployment))["typed_version"] == typed
        assert not Vote.objects.exists()
        assert events() == seen
        now = world.fresh(deployment)
        assert (now.state, now.reasons, now.approval.state) == (
            before.state,
            before.reasons,
            before.approval.state,
        )

    def test_without_a_page_to_go_back_to_it_is_a_page_of_its_own_with_422(self, world, rita):
        deployment = world.asked()
        response = send(rita, deployment, next="", typed_version="1.0.0")
        assert response.status_code == 422
        assert SAYS in response.content.decode()
        assert not Vote.objects.exists()

    def test_a_form_of_an_older_page_has_no_such_field_and_is_asked(self, world, rita):
        deployment = world.asked()
        fields = {"decision": "approve", "content_hash": deployment.approval.content_hash}
        assert rita.post(vote_of(deployment), **fields).status_code == 422
        assert not Vote.objects.exists()

    def test_the_version_with_blanks_around_it_is_a_vote(self, world, rita):
        deployment = world.asked()
        assert send(rita, deployment, typed_version="  1.1.0 ").status_code == 303
        vote = Vote.objects.get()
        assert (vote.person.username, vote.decision, vote.comment) == ("rita", "approve", COMMENT)

    def test_sent_twice_it_is_one_vote_and_the_second_is_told_so(self, world, rita):
        deployment = world.asked()
        form = rita.get(page_of(deployment)).form(vote_of(deployment))
        form |= {"decision": "approve", "comment": COMMENT, "typed_version": "1.1.0"}
        first, second = (rita.post(vote_of(deployment), **form) for _ in range(2))
        assert (first["Location"], second["Location"]) == (page_of(deployment), f"{page_of(deployment)}#vote")
        assert Vote.objects.count() == 1
        assert len(events("vote.cast")) == 1
        assert [event["data"]["code"] for event in events("vote.refused")] == ["already_voted"]
        assert "You approved this" in rita.get(page_of(deployment)).text

    def test_no_is_said_without_typing_it_and_so_is_taken_back(self, world, rita):
        deployment = world.asked()
        send(rita, deployment, typed_version="1.1.0")
        form = rita.get(page_of(deployment)).form(vote_of(deployment))
        assert "typed_version" not in form
        rita.post(vote_of(deployment), **{**form, "decision": "withdraw"})
        assert Vote.objects.get().withdrawn_at is not None
        send(rita, deployment, decision="reject", typed_version="")
        assert world.fresh(deployment).state == "rejected"

    def test_what_stops_the_vote_anyway_is_said_first(self, world, rita):
        deployment = world.asked()
        form = rita.get(page_of(deployment)).form(vote_of(deployment))
        world.plan(deployment, digest="sha256:" + "f" * 64)
        fields = {"decision": "approve", "comment": COMMENT, "typed_version": "1.0"}
        rita.post(vote_of(deployment), **{**form, **fields})
        answer = rita.get(page_of(deployment))
        assert "What you looked at is not what is asked now (plan_digest)." in answer.text
        assert SAYS not in answer.text
        form = answer.form(vote_of(deployment))
        assert (form["comment"], form["typed_version"]) == (COMMENT, ""), "what is new is typed for anew"

    def test_where_nothing_is_protected_nothing_is_typed(self, world, rita):
        unprotect()
        deployment = world.asked()
        assert "typed_version" not in rita.get(page_of(deployment)).form(vote_of(deployment))
        assert send(rita, deployment).status_code == 303
        assert Vote.objects.get().decision == "approve"


class TestAsking:
    @pytest.mark.parametrize("typed", WRONG)
    def test_another_text_asks_for_nothing_and_the_reason_stays(self, world, dana, typed):
        seen = events()
        response = ask(dana, typed_version=typed)
        assert (response.status_code, response["Location"]) == (303, f"{RELEASE}?to=prod")
        assert not Deployment.objects.filter(kind="deploy").exists()
        assert events() == seen
        answer = dana.get(RELEASE, to="prod")
        assert SAYS in answer.text
        assert 'id="id_typed_version_error"' in answer.html
        assert 'id="id_reason_error"' not in answer.html
        assert answer.form(REQUEST)["reason"] == "The customers wait."

    def test_the_version_asks_and_a_second_click_finds_the_same(self, world, dana):
        first = ask_form(dana)
        answers = [dana.post(REQUEST, **first) for _ in range(2)]
        row = Deployment.objects.get(kind="deploy")
        assert [answer["Location"] for answer in answers] == [f"/deployments/{row.pk}"] * 2
        assert (row.version, row.environment_id, row.reason) == ("1.1.0", "prod", "")
        assert len(events("deployment.requested")) == 1

    def test_where_nothing_is_protected_nothing_is_typed(self, world, dana):
        unprotect()
        assert "typed_version" not in dana.get(RELEASE, to="prod").form(REQUEST)
        assert ask(dana).status_code == 303
        assert Deployment.objects.get(kind="deploy").environment_id == "prod"

    def test_another_refusal_stands_at_the_reason(self, world, dana):
        unprotect()
        ask(dana, version="9.9.9")
        world.release("1.2.0")
        dana.post(REQUEST, **{**ask_form(dana), "version": "1.2.0", "typed_version": "1.2.0"})
        answer = dana.get(RELEASE, to="prod")
        assert "1.2.0 has not succeeded in staging, which comes before prod." in answer.text
        assert 'id="id_reason_error"' in answer.html
        assert 'id="id_typed_version_error"' not in answer.html


def ask_form(person: Browser) -> dict:
    return {**person.get(RELEASE, to="prod").form(REQUEST), "typed_version": "1.1.0"}


def test_the_api_asks_for_no_such_field(world):
    """Its contract stays: a call names the version already, and an unknown field is refused as ever."""
    deployment = world.asked()
    client = Browser("rita").client
    body = {"decision": "approve", "content_hash": deployment.approval.content_hash}
    path = f"/api/v1/approvals/{deployment.approval_id}/votes"
    refused = client.post(path, {**body, "typed_version": "1.1.0"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_field")
    assert client.post(path, body, content_type="application/json").status_code == 201
