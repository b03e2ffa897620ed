"""Ending tokens."""

import pytest

from kernel.refusals import Forbidden, Invalid, NotFound
from teams.actions.issue_token import issue_token
from teams.actions.revoke_token import revoke_token
from teams.models import ApiToken
from tests import people
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture
def token() -> ApiToken:
    people.application("payments")
    people.application("storefront")
    return issue_token(
        actor=people.administrator(), application="payments", label="x", scopes=["read"], expires_in=60
    ).token


@pytest.fixture
def personal() -> ApiToken:
    people.person("alice")
    return issue_token(
        actor=people.administrator(), username="alice", label="x", scopes=[], expires_in=60
    ).token


def test_a_revoked_token_stays_on_record_with_its_reason(token):
    revoke_token(actor=people.administrator(), application="payments", token_id=token.pk, reason=" leaked ")
    row = ApiToken.objects.get()
    assert row.revoked_at is not None
    assert row.revoked_reason == "leaked"
    event = only_event("token.revoked")
    assert (event["subject"], event["application"]) == (f"token:{token.pk}", "payments")
    assert event["data"] == {"person": None, "leaked": False}
    assert openings("token.revoked")["reason"] == "leaked"


def test_revoking_again_changes_and_records_nothing(token):
    for reason in ("first", "second"):
        revoke_token(actor=people.administrator(), application="payments", token_id=token.pk, reason=reason)
    assert ApiToken.objects.get().revoked_reason == "first"
    assert len(events("token.revoked")) == 1


def test_people_end_their_own_tokens(personal):
    revoke_token(actor=people.actor("alice"), username="alice", token_id=personal.pk, reason="lost laptop")
    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_reason_is_required(token, reason):
    with pytest.raises(Invalid) as refusal:
        revoke_token(actor=people.administrator(), application="payments", token_id=token.pk, reason=reason)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("reason_required", "?reason")
    assert ApiToken.objects.get().revoked_at is None
    assert events("token.revoked") == []


def test_a_token_is_only_found_under_its_owner(token, personal):
    for wrong in (
        {"application": "storefront", "token_id": token.pk},
        {"application": "payments", "token_id": personal.pk},
        {"username": "alice", "token_id": token.pk},
        {"application": "payments", "token_id": "tok_x"},
        {"application": "nowhere", "token_id": token.pk},
        {"username": "nobody", "token_id": token.pk},
    ):
        with pytest.raises(NotFound):
            revoke_token(actor=people.administrator(), reason="x", **wrong)
    assert not ApiToken.objects.filter(revoked_at__isnull=False).exists()


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("bob"), people.ci()]
)
def test_others_end_no_tokens(token, personal, caller):
    for target in (
        {"application": "payments", "token_id": token.pk},
        {"username": "alice", "token_id": personal.pk},
    ):
        with pytest.raises(Forbidden):
            revoke_token(actor=caller, reason="x", **target)
    assert not ApiToken.objects.filter(revoked_at__isnull=False).exists()


def test_an_auditor_changes_nothing_their_own_tokens_included():
    people.person("aude", roles=["auditor"])
    own = issue_token(
        actor=people.administrator(), username="aude", label="x", scopes=[], expires_in=60
    ).token
    with pytest.raises(Forbidden):
        revoke_token(actor=people.auditor(), username="aude", token_id=own.pk, reason="x")
    assert ApiToken.objects.get().revoked_at is None


def test_a_token_has_exactly_one_owner(token):
    with pytest.raises(ValueError, match="application or to a person"):
        revoke_token(actor=people.administrator(), token_id=token.pk, reason="x")
