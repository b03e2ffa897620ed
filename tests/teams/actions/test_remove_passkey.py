"""Taking a passkey away: one's own, or a lost one by who manages people."""

import pytest
from allauth.mfa.models import Authenticator as SignInKey

from audit.models import AuditEvent
from kernel.actor import Method
from kernel.refusals import Refusal
from teams.actions.remove_passkey import remove_passkey
from teams.models import Passkey
from tests.passkeys import Authenticator
from tests.people import actor, administrator, person
from tests.teams.events import only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(db):
    person("alice")
    return Authenticator().enrol(actor("alice"))


@pytest.mark.parametrize("who", [actor("alice"), administrator()])
def test_its_person_and_an_administrator_may(row, who):
    other = Authenticator().enrol(actor("alice"))
    gone = remove_passkey(actor=who, username="alice", passkey_id=row.pk)
    assert gone.removed_at is not None
    assert only_event("passkey.removed")["data"] == {"credential": row.credential_id}
    assert SignInKey.objects.count() == 1
    assert list(Passkey.objects.filter(removed_at=None)) == [other]


def test_a_second_time_changes_and_records_nothing(row):
    first = remove_passkey(actor=actor("alice"), username="alice", passkey_id=row.pk)
    again = remove_passkey(actor=actor("alice"), username="alice", passkey_id=row.pk)
    assert again.removed_at == first.removed_at
    assert AuditEvent.objects.filter(kind="passkey.removed").count() == 1


def test_nobody_else_may_and_a_token_neither(row):
    person("bob")
    for who in (actor("bob"), actor("alice", method=Method.TOKEN)):
        with pytest.raises(Refusal) as caught:
            remove_passkey(actor=who, username="alice", passkey_id=row.pk)
        assert caught.value.status == 403
    with pytest.raises(Refusal) as caught:
        remove_passkey(actor=actor("bob"), username="bob", passkey_id=row.pk)
    assert caught.value.status == 404
    assert Passkey.objects.get().removed_at is None
