"""Making tokens."""

from datetime import timedelta

import pytest

from kernel.actor import Method
from kernel.refusals import Forbidden, Invalid, NotFound
from teams.actions.issue_token import issue_token
from teams.models import ApiToken, Person
from teams.tokens import digest, is_well_formed
from tests import people
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db
GOOD = {"label": "github", "scopes": ["builds:write", "read"], "expires_in": 3600}


@pytest.fixture(autouse=True)
def _rows():
    people.application("payments")
    people.person("alice")


def test_the_secret_exists_only_in_what_is_returned():
    issued = issue_token(actor=people.administrator(), application="payments", **GOOD)
    row = ApiToken.objects.get()
    assert is_well_formed(issued.secret)
    assert row.digest == digest(issued.secret)
    assert issued.secret not in repr(issued)
    assert all(issued.secret not in str(value) for value in vars(row).values())
    assert issued.secret not in str(events()) + str(openings("token.created"))


def test_a_token_expires_when_it_was_told_to():
    issued = issue_token(actor=people.administrator(), application="payments", **GOOD)
    assert issued.token.expires_at - issued.token.created_at == timedelta(seconds=3600)
    assert issued.token.scopes == ["builds:write", "read"]
    assert (issued.token.created_by, issued.token.last_used_at) == ("admin", None)


def test_the_event_says_what_the_token_may_and_hides_its_label():
    issued = issue_token(actor=people.administrator(), application="payments", **GOOD)
    event = only_event("token.created")
    assert (event["subject"], event["application"]) == (f"token:{issued.token.pk}", "payments")
    assert event["data"]["scopes"] == ["builds:write", "read"]
    assert event["data"]["person"] is None
    assert openings("token.created") == {"actor": "admin", "label": "github"}


def test_a_person_makes_their_own_token_with_all_their_powers():
    issued = issue_token(
        actor=people.actor("alice"), username="alice", label="laptop", scopes=[], expires_in=60
    )
    assert (issued.token.person_id, issued.token.application_id) == ("per_alice", None)
    assert only_event("token.created")["data"]["person"] == "per_alice"


def test_an_administrator_makes_a_token_for_somebody_else():
    issued = issue_token(
        actor=people.administrator(), username="alice", label="x", scopes=["read"], expires_in=60
    )
    assert (issued.token.person_id, issued.token.created_by) == ("per_alice", "admin")


@pytest.mark.parametrize("expires_in", [1, 365 * 86_400])
def test_the_shortest_and_the_longest_life_are_accepted(expires_in):
    issue_token(actor=people.administrator(), application="payments", **{**GOOD, "expires_in": expires_in})
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"expires_in": 0}, "expires_in_invalid", "/expires_in"),
        ({"expires_in": -5}, "expires_in_invalid", "/expires_in"),
        ({"expires_in": 365 * 86_400 + 1}, "expires_in_invalid", "/expires_in"),
        ({"expires_in": 10**30}, "expires_in_invalid", "/expires_in"),
        ({"scopes": ["read", "admin"]}, "scope_unknown", "/scopes/1"),
        ({"scopes": ["write"]}, "scope_unknown", "/scopes/0"),
        ({"scopes": []}, "scopes_required", "/scopes"),
        ({"label": ""}, "text_invalid", "/label"),
        ({"label": "x" * 101}, "text_invalid", "/label"),
    ],
)
def test_bad_input_is_refused_and_no_token_is_made(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        issue_token(actor=people.administrator(), application="payments", **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not ApiToken.objects.exists()
    assert events() == []


@pytest.mark.parametrize(
    "caller",
    [
        people.release_manager(),
        people.auditor(),
        people.actor("dana", teams=["payments"]),
        people.ci("payments"),
    ],
)
def test_only_administrators_make_tokens_for_applications(caller):
    with pytest.raises(Forbidden) as refusal:
        issue_token(actor=caller, application="payments", **GOOD)
    assert refusal.value.extra["missing_permission"] == "token.manage"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    "caller", [people.actor("bob"), people.release_manager(), people.ci(), people.auditor()]
)
def test_nobody_else_makes_a_token_that_acts_as_a_person(caller):
    with pytest.raises(Forbidden):
        issue_token(actor=caller, username="alice", label="x", scopes=[], expires_in=60)
    assert not ApiToken.objects.exists()


def test_an_auditor_changes_nothing_their_own_tokens_included():
    people.person("aude", roles=["auditor"])
    with pytest.raises(Forbidden):
        issue_token(actor=people.auditor(), username="aude", label="x", scopes=[], expires_in=60)
    assert not ApiToken.objects.exists()


def test_an_application_named_like_a_person_is_not_that_person():
    people.application("alice")
    with pytest.raises(Forbidden):
        issue_token(actor=people.ci("alice"), username="alice", label="x", scopes=[], expires_in=60)


def test_owners_that_do_not_exist_are_not_found():
    for owner in ({"application": "nowhere"}, {"username": "nobody"}):
        with pytest.raises(NotFound):
            issue_token(actor=people.administrator(), **owner, **GOOD)


def test_somebody_without_access_gets_no_token():
    Person.objects.update(is_active=False)
    with pytest.raises(Invalid) as refusal:
        issue_token(actor=people.administrator(), username="alice", **GOOD)
    assert refusal.value.code == "person_inactive"
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("wanted", [[], ["write"], ["read", "builds:write"]])
def test_a_restricted_token_cannot_make_a_stronger_one(wanted):
    caller = people.actor("alice", method=Method.TOKEN, scopes=frozenset({"read"}))
    with pytest.raises(Forbidden) as refusal:
        issue_token(actor=caller, username="alice", label="x", scopes=wanted, expires_in=60)
    assert refusal.value.extra["missing_permission"] == "scope write"
    assert not ApiToken.objects.exists()


def test_a_token_with_write_is_not_restricted():
    caller = people.actor("alice", method=Method.TOKEN, scopes=frozenset({"write"}))
    issued = issue_token(actor=caller, username="alice", label="x", scopes=[], expires_in=60)
    assert issued.token.scopes == []


def test_a_token_has_exactly_one_owner():
    for owner in ({}, {"application": "payments", "username": "alice"}):
        with pytest.raises(ValueError, match="application or to a person"):
            issue_token(actor=people.administrator(), **owner, **GOOD)
