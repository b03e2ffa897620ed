"""A page elsewhere makes the browser of somebody signed in send a vote: nothing without our token, from our pages."""

import json

import pytest
from django.test import Client

from approvals.models import ApprovalRequest, Vote
from teams.models import Person
from tests.teams.events import events

pytestmark = pytest.mark.django_db
HERE = "https://testserver"


@pytest.fixture
def asked(world):
    return world.asked()


@pytest.fixture
def rita(asked) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(Person.objects.get(username="rita"))
    return client


def page_token(client, asked) -> str:
    """The token that our own page gives to our own form."""
    page = client.get(f"/approvals/{asked.approval_id}", secure=True).content.decode()
    return page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]


def words(asked) -> dict:
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    return {"decision": "approve", "content_hash": row.content_hash}


def over_rest(client, asked, *, kind="application/json", **headers):
    path = f"/api/v1/approvals/{asked.approval_id}/votes"
    return client.post(path, json.dumps(words(asked)), content_type=kind, secure=True, headers=headers)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/testserver"},
        {"Origin": HERE},
        {"X-CSRFToken": "a" * 64, "Origin": HERE},
    ],
    ids=["nothing", "other origin", "opaque origin", "other referer", "no token", "made-up token"],
)
def test_rest_refuses_the_cookie_without_the_token_of_our_page(rita, asked, headers):
    answer = over_rest(rita, asked, **headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert not Vote.objects.exists()
    assert events("vote.cast") == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_foreign_form_can_send_is_no_vote_even_with_a_token(rita, asked, kind):
    token = page_token(rita, asked)
    assert over_rest(rita, asked, kind=kind, Origin=HERE).status_code in {403, 415}
    answer = over_rest(rita, asked, kind=kind, Origin=HERE, **{"X-CSRFToken": token})
    assert answer.status_code == 415
    assert not Vote.objects.exists()


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver", "https://testserver.evil.example"]
)
def test_a_stolen_token_is_worth_nothing_from_another_origin(rita, asked, origin):
    token = page_token(rita, asked)
    answer = over_rest(rita, asked, Origin=origin, **{"X-CSRFToken": token})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert not Vote.objects.exists()


def test_a_link_is_no_vote(rita, asked):
    for path in (f"/api/v1/approvals/{asked.approval_id}/votes", f"/approvals/{asked.approval_id}/vote"):
        answer = rita.get(path, words(asked), secure=True)
        assert answer.status_code in {404, 405}, path
    assert not Vote.objects.exists()


def test_our_own_page_with_its_token_votes(rita, asked):
    token = page_token(rita, asked)
    answer = over_rest(rita, asked, Origin=HERE, **{"X-CSRFToken": token})
    assert (answer.status_code, Vote.objects.count()) == (201, 1)


def test_in_production_the_cookies_are_bound_to_the_host_and_to_the_transport(settings):
    """`__Host-` needs Secure, no Domain and the root path; see the settings under RELEASEGATE_MODE=production."""
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY is True
    assert settings.SESSION_COOKIE_DOMAIN is settings.CSRF_COOKIE_DOMAIN is None
