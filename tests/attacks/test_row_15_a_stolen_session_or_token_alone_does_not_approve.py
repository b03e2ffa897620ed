"""Where a gate asks for step-up, who has only the cookie or only the token has no finger to press on the key."""

import pytest

from approvals.models import ApprovalRequest, Vote
from teams.actions.issue_token import issue_token
from teams.models import Person
from tests.passkeys import Authenticator, as_json

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(world):
    world.change_gate("prod", step_up=True)
    key = Authenticator()
    key.enrol(world.actor("rita"))
    made = world.asked()
    made.key = key
    return made


def post(client, asked, path="votes", **more):
    row = ApprovalRequest.objects.get(pk=asked.approval_id)
    body = {"decision": "approve", "content_hash": row.content_hash, **more}
    return client.post(f"/api/v1/approvals/{row.pk}/{path}", body, content_type="application/json")


def test_the_cookie_alone_gets_a_statement_and_no_vote(client, asked):
    client.force_login(Person.objects.get(username="rita"))
    assert post(client, asked, "statement").status_code == 201
    answer = post(client, asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert not Vote.objects.exists()


def test_the_thief_cannot_enrol_a_key_of_their_own_without_the_password(client, asked):
    client.force_login(Person.objects.get(username="rita"))
    answer = client.post("/account/passkeys/add", {"credential": "{}"})
    assert answer["Location"].startswith("/account/again")


def test_a_key_of_the_thief_signs_nothing(client, asked):
    client.force_login(Person.objects.get(username="rita"))
    issued = post(client, asked, "statement").json()["statement"]
    answer = post(client, asked, nonce=issued["nonce"], assertion=as_json(Authenticator().sign(issued)))
    assert (answer.status_code, answer.json()["code"]) == (401, "passkey_unknown")
    assert not Vote.objects.exists()


def test_with_the_key_the_same_session_votes(client, asked):
    client.force_login(Person.objects.get(username="rita"))
    issued = post(client, asked, "statement").json()["statement"]
    answer = post(client, asked, nonce=issued["nonce"], assertion=as_json(asked.key.sign(issued)))
    assert (answer.status_code, answer.json()["slot"]) == (201, "release-managers")


@pytest.mark.parametrize("assertion", [{}, {"id": "AA", "type": "public-key"}, "x", 5, []])
def test_half_an_assertion_is_a_bad_request_and_no_vote(client, asked, assertion):
    client.force_login(Person.objects.get(username="rita"))
    assert post(client, asked, nonce="n", assertion=assertion).status_code == 422
    assert post(client, asked, nonce="n").status_code == 422
    assert not Vote.objects.exists()


def test_a_personal_token_alone_does_not_approve(client, asked, world):
    issued = issue_token(
        actor=world.actor("rita"), username="rita", label="laptop", scopes=["write", "read"], expires_in=3600
    )
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {issued.secret}"
    answer = post(client, asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "step_up_required")
    assert not Vote.objects.exists()
