"""Who signed in, who was refused."""

import pytest

from teams.actions.record_signin import record_signin
from tests import people
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
ORIGIN = {"ip": "192.0.2.1", "request_id": "r-1"}


def test_a_sign_in_is_the_persons_own_event():
    alice = people.person("alice", groups=["keys"])
    record_signin(login="alice", person=alice, refused=None, **ORIGIN)
    event = only_event("signin.succeeded")
    assert (event["subject"], event["outcome"]) == ("person:per_alice", "allowed")
    assert event["actor"]["id"] == "per_alice"
    assert openings("signin.succeeded") == {"actor": "alice", "ip": "192.0.2.1"}


def test_a_refused_sign_in_hides_what_was_typed_in_a_commitment():
    record_signin(login="mallory@evil.example", person=None, refused="credentials_invalid", **ORIGIN)
    event = only_event("signin.failed")
    assert (event["subject"], event["outcome"]) == ("person:unknown", "denied")
    assert event["data"] == {"code": "credentials_invalid"}
    assert event["request_id"] == "r-1"
    assert "mallory" not in str(event)
    assert openings("signin.failed") == {"ip": "192.0.2.1", "username": "mallory@evil.example"}


def test_a_refused_person_who_exists_is_named_by_id():
    record_signin(login="alice", person=people.person("alice"), refused="person_inactive", **ORIGIN)
    assert only_event("signin.failed")["subject"] == "person:per_alice"


@pytest.mark.parametrize("login", ["", "a\x00b", "x" * 100_000, "\ud800", "line\nbreak"])
def test_hostile_input_is_cut_and_still_recorded(login):
    record_signin(login=login, person=None, refused="credentials_invalid", **ORIGIN)
    typed = openings("signin.failed")["username"]
    assert len(typed) <= 254
    assert typed.isprintable()
    assert len(events("signin.failed")) == 1
