"""A token in a URL is burnt."""

import pytest

from teams.actions.revoke_leaked_token import revoke_leaked_token
from teams.models import ApiToken
from teams.tokens import mint
from tests import people
from tests.teams.callers import secret_of
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret() -> str:
    people.application("payments")
    return secret_of(application="payments", scopes=["read"], expires_in=60)


def test_it_is_revoked_at_once_by_the_system(secret):
    assert revoke_leaked_token(secret=secret, request_id="r-1", ip="192.0.2.7") is True
    row = ApiToken.objects.get()
    assert row.revoked_at is not None
    event = only_event("token.revoked")
    assert (event["subject"], event["request_id"]) == (f"token:{row.pk}", "r-1")
    assert event["data"] == {"person": None, "leaked": True}
    assert event["actor"]["kind"] == "system"
    assert openings("token.revoked")["ip"] == "192.0.2.7"
    assert secret not in str(event) + str(openings("token.revoked"))


def test_a_second_time_records_nothing(secret):
    revoke_leaked_token(secret=secret, request_id=None)
    first = ApiToken.objects.get().revoked_at
    assert revoke_leaked_token(secret=secret, request_id=None) is False
    assert ApiToken.objects.get().revoked_at == first
    assert len(events("token.revoked")) == 1


@pytest.mark.parametrize(
    "wrong",
    ["rgt_", "rgt_nonsense", mint(), "rgt_" + "a" * 42, ""],
    ids=[
        "prefix",
        "nonsense",
        "unknown",
        "no checksum",
        "nothing",
    ],  # a random name would differ in every process
)
def test_another_text_touches_no_token(secret, wrong):
    assert revoke_leaked_token(secret=wrong, request_id=None) is False
    assert ApiToken.objects.get().revoked_at is None
    assert events("token.revoked") == []
