"""Who signed in, who was refused."""

import pytest

from teams.actions.record_signin import record_signin
from tests import people
from tests.teams.events import only_event, openings

pytestmark = pytest.mark.django_db
ORIGIN = {"ip": "192.0.2.1", "request_id": "r-1"}


def test_a_sign_in_is_the_persons_own_event():
    alice = people.person("alice", groups=["keys"])
    record_signin(person=alice, refused=None, **ORIGIN)
    event = only_event("signin.succeeded")
    assert (event["subject"], event["outcome"]) == ("person:per_alice", "allowed")
    assert event["actor"]["id"] == "per_alice"
    assert openings("signin.succeeded") == {"actor": "alice", "ip": "192.0.2.1"}


def test_what_was_typed_for_nobody_is_not_kept_for_it_may_be_a_password():
    record_signin(person=None, refused="credentials_invalid", **ORIGIN)
    event = only_event("signin.failed")
    assert (event["subject"], event["outcome"]) == ("person:unknown", "denied")
    assert event["data"] == {"code": "credentials_invalid"}
    assert event["request_id"] == "r-1"
    assert openings("signin.failed") == {"ip": "192.0.2.1"}


def test_a_refused_person_who_exists_is_named_by_id_and_by_a_commitment():
    record_signin(person=people.person("alice"), refused="person_inactive", **ORIGIN)
    event = only_event("signin.failed")
    assert event["subject"] == "person:per_alice"
    assert "alice" not in str(event).replace("per_alice", "")
    assert openings("signin.failed") == {"ip": "192.0.2.1", "username": "alice"}
