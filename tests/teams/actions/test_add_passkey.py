"""Enrolling a passkey: who may, which keys are fit, what is on record."""

import pytest
from allauth.mfa.models import Authenticator as SignInKey

from audit.models import AuditEvent
from kernel.actor import Method
from kernel.refusals import Refusal
from teams.models import Passkey
from tests.passkeys import PRESENT, Authenticator
from tests.people import actor, ci, person
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db):
    person("alice")
    return actor("alice")


def refused(key, who) -> Refusal:
    before = Passkey.objects.count(), SignInKey.objects.count(), AuditEvent.objects.count()
    with pytest.raises(Refusal) as caught:
        key.enrol(who)
    assert (Passkey.objects.count(), SignInKey.objects.count(), AuditEvent.objects.count()) == before
    return caught.value


@pytest.mark.parametrize("kind", ["es256", "ed25519"])
def test_a_passkey_is_kept_for_votes_and_for_signing_in(alice, kind):
    key = Authenticator(kind)
    row = key.enrol(alice)
    assert (row.person_id, row.cose, row.sign_count) == ("per_alice", key.cose, key.count)
    assert SignInKey.objects.get().user_id == "per_alice"
    event = only_event("passkey.added")
    assert event["data"] == {"credential": row.credential_id, "public_key": row.public_key}
    assert event["subject"] == "person:per_alice"
    assert "Laptop" not in str(event["data"])


def test_the_same_passkey_is_enrolled_once_by_whomever(alice):
    key = Authenticator()
    key.enrol(alice)
    person("bob")
    assert refused(key, actor("bob")).code == "passkey_taken"
    assert refused(key, alice).code == "passkey_taken"


def test_a_key_that_does_not_verify_its_person_is_not_fit(alice):
    assert refused(Authenticator(flags=PRESENT), alice).code == "passkey_unfit"


def test_tokens_and_machines_enrol_nothing(alice):
    assert refused(Authenticator(), actor("alice", method=Method.TOKEN)).status == 403
    assert refused(Authenticator(), ci()).status == 403


def test_nobody_has_more_than_twenty(alice):
    for _ in range(20):
        Authenticator().enrol(alice)
    assert refused(Authenticator(), alice).code == "passkey_too_many"
