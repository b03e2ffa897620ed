"""Signing in at the browser: by name or address, on record, limited, and never for a stranger."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from audit.actions import append as log
from teams.backends import AccountAdapter
from teams.models import Person
from tests import people
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _alice():
    cache.clear()
    people.person("alice", password=people.PASSWORD)
    yield
    cache.clear()


def _sign_in(login="alice", password=people.PASSWORD, *, client=None):
    return (client or Client()).post(reverse("account_login"), {"login": login, "password": password})


def _signed_in(response) -> bool:
    return "_auth_user_id" in response.wsgi_request.session


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@acme.example", "Alice@Acme.Example", " alice "])
def test_a_person_signs_in_by_name_or_address(login):
    response = _sign_in(login)
    assert response.status_code == 302
    assert _signed_in(response)
    event = only_event("signin.succeeded")
    assert (event["subject"], event["actor"]["id"]) == ("person:per_alice", "per_alice")
    assert openings("signin.succeeded")["ip"] == "127.0.0.1"
    assert events("signin.failed") == []


@pytest.mark.parametrize(
    ("login", "subject"),
    [
        ("alice", "person:per_alice"),
        ("alice@acme.example", "person:per_alice"),
        ("mallory", "person:unknown"),
        ("mallory@evil.example", "person:unknown"),
    ],
)
def test_a_wrong_password_or_name_is_refused_and_recorded_once(login, subject):
    response = _sign_in(login, "not the password")
    assert response.status_code == 200
    assert not _signed_in(response)
    event = only_event("signin.failed")
    assert (event["subject"], event["outcome"]) == (subject, "denied")
    assert event["data"] == {"code": "credentials_invalid"}
    known = {"username": "alice"} if subject == "person:per_alice" else {}
    assert openings("signin.failed") == {"ip": "127.0.0.1", **known}
    assert "not the password" not in str(event) + str(openings("signin.failed"))


def test_someone_without_access_is_told_what_a_stranger_is_told():
    stranger = _sign_in("mallory").content.decode()
    Person.objects.update(is_active=False)
    response = _sign_in("alice")
    assert not _signed_in(response)
    assert response.status_code == 200
    assert response.content.decode().count("inactive") == stranger.count("inactive")
    assert events("signin.failed")[-1]["data"] == {"code": "person_inactive"}
    assert events("signin.succeeded") == []


def test_someone_without_a_password_cannot_sign_in():
    people.person("bob")
    for password in ("", "!", "None"):
        assert not _signed_in(_sign_in("bob", password))


def test_nobody_signs_up():
    body = {"username": "mallory", "email": "m@evil.example", "password1": "a long enough phrase"}
    Client().post(reverse("account_signup"), body)
    assert not Person.objects.filter(username="mallory").exists()
    assert AccountAdapter().is_open_for_signup(None) is False


def test_guessing_is_stopped_even_for_the_right_password_afterwards():
    for _ in range(5):
        _sign_in(password="wrong wrong wrong")
    response = _sign_in()
    assert not _signed_in(response)
    assert events("signin.succeeded") == []
    assert len(events("signin.failed")) == 5


@pytest.mark.parametrize(
    ("target", "followed"),
    [
        ("/board", True),
        ("https://evil.example/", False),
        ("//evil.example/", False),
        ("/\\evil.example", False),
        ("javascript:alert(1)", False),
        ("http://localhost:9/", False),
    ],
)
def test_only_paths_of_this_host_are_followed_after_signing_in(target, followed):
    response = Client().post(
        reverse("account_login"), {"login": "alice", "password": people.PASSWORD, "next": target}
    )
    assert response.status_code == 302
    assert (response["Location"] == target) is followed
    assert "evil" not in response["Location"]


def test_if_the_event_cannot_be_written_nobody_is_signed_in(monkeypatch):
    def broken(event, openings):
        raise log.AuditUnavailable

    monkeypatch.setattr(log, "_write", broken)
    client = Client(raise_request_exception=False)
    _sign_in(client=client)
    assert "_auth_user_id" not in client.session


def test_the_form_says_once_what_goes_in_and_a_password_manager_knows_it():
    page = Client().get(reverse("account_login")).content.decode()
    assert "Username or e-mail" in page
    assert "placeholder" not in page
    assert 'name="login" autocomplete="username"' in page


@pytest.mark.parametrize("login", ["alice", "alice@acme.example", "nobody"])
def test_what_is_not_right_is_said_in_the_words_of_the_form(login):
    page = _sign_in(login, "not the password").content.decode()
    assert "The username or e-mail, or the password, is not right." in page
