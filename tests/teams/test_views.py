"""The pages of one's passkeys: behind the password, without a script nothing breaks, and the ceremony's other end."""

import hashlib
import html
import json
import re

import pytest
from allauth.mfa.models import Authenticator as SignInKey

from approvals.statement import to_text
from teams.models import Passkey
from tests.passkeys import Authenticator
from tests.people import PASSWORD, actor, person

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(client):
    made = person("alice", password=PASSWORD)
    client.force_login(made)
    return client


def again(client) -> None:
    """The password once more."""
    answer = client.post("/account/again", {"password": PASSWORD})
    assert answer.status_code == 302


def options(answer) -> dict:
    return json.loads(html.unescape(re.search(r'data-options="([^"]*)"', answer.content.decode()).group(1)))


def post_key(client, key: Authenticator):
    asked = options(client.get("/account/passkeys/add"))
    made = key.registration(asked["challenge"])
    return client.post("/account/passkeys/add", {"name": "Phone", "credential": json.dumps(made)})


def test_adding_a_passkey_asks_for_the_password_first(alice):
    for answer in (
        alice.get("/account/passkeys/add"),
        alice.post("/account/passkeys/add", {"credential": "{}"}),
    ):
        assert answer.status_code == 302
    assert alice.get("/account/passkeys/add")["Location"].startswith("/account/again?next=")
    again(alice)
    assert alice.get("/account/passkeys/add").status_code == 200


def test_only_fit_keys_are_asked_for_and_only_for_our_own_address(alice):
    again(alice)
    asked = options(alice.get("/account/passkeys/add"))
    assert [p["alg"] for p in asked["pubKeyCredParams"]] == [-7, -8]
    assert asked["rp"]["id"] == "localhost"
    assert asked["authenticatorSelection"]["userVerification"] == "required"


def test_a_passkey_is_added_listed_and_removed(alice):
    again(alice)
    key = Authenticator()
    answer = post_key(alice, key)
    assert (answer.status_code, answer["Location"]) == (302, "/account/passkeys")
    assert Passkey.objects.get().cose == key.cose
    page = alice.get("/account/passkeys").content.decode()
    assert "Phone" in page and "no vote yet" in page
    where = f"/account/passkeys/{Passkey.objects.get().pk}/remove"
    assert "Remove Phone?" in alice.get(where).content.decode()
    assert Passkey.objects.get().removed_at is None
    alice.post(where)
    assert Passkey.objects.get().removed_at is not None
    assert not SignInKey.objects.exists()


def test_an_answer_to_another_challenge_adds_nothing(alice):
    again(alice)
    alice.get("/account/passkeys/add")
    made = Authenticator().registration("AAAA")
    answer = alice.post("/account/passkeys/add", {"name": "x", "credential": json.dumps(made)})
    assert answer.status_code == 200
    assert not Passkey.objects.exists() and not SignInKey.objects.exists()


@pytest.mark.parametrize("credential", ["", "{", "[]", "{}", '{"id": 5}', "null", '"x"'])
def test_what_is_no_answer_of_a_passkey_adds_nothing(alice, credential):
    again(alice)
    alice.get("/account/passkeys/add")
    answer = alice.post("/account/passkeys/add", {"name": "x", "credential": credential})
    assert answer.status_code == 200
    assert not Passkey.objects.exists()


def test_nobody_removes_a_passkey_of_another(alice):
    person("bob")
    row = Authenticator().enrol(actor("bob"))
    again(alice)
    assert alice.post(f"/account/passkeys/{row.pk}/remove").status_code == 404
    row.refresh_from_db()
    assert row.removed_at is None


def test_removing_asks_for_the_password_first(alice):
    row = Authenticator().enrol(actor("alice"))
    answer = alice.post(f"/account/passkeys/{row.pk}/remove")
    assert answer["Location"].startswith("/account/again?next=")
    row.refresh_from_db()
    assert row.removed_at is None


def test_who_has_a_passkey_does_not_sign_in_with_the_password_alone(client):
    person("alice", password=PASSWORD)
    key = Authenticator()
    key.enrol(actor("alice"))
    answer = client.post("/sign-in", {"login": "alice", "password": PASSWORD})
    assert answer["Location"] == "/sign-in/second-factor"
    assert "_auth_user_id" not in client.session
    page = client.get("/sign-in/second-factor")
    assert "A passkey needs JavaScript" in page.content.decode()
    signed = sign_in(key, options(page)["challenge"])
    answer = client.post("/sign-in/second-factor", {"credential": json.dumps(signed)})
    assert (answer.status_code, answer["Location"]) == (302, "/inbox")
    assert client.session["_auth_user_id"] == "per_alice"


@pytest.mark.parametrize("credential", ["", "{", "[]", "{}", "null", '{"id": "AA", "response": 5}', "5"])
def test_what_is_no_answer_of_a_passkey_signs_nobody_in(client, credential):
    person("alice", password=PASSWORD)
    Authenticator().enrol(actor("alice"))
    client.get("/sign-in/passkey", headers={"X-Requested-With": "XMLHttpRequest"})
    assert client.post("/sign-in/passkey", {"credential": credential}).status_code == 302
    client.post("/sign-in", {"login": "alice", "password": PASSWORD})
    assert client.post("/sign-in/second-factor", {"credential": credential}).status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_passkey_alone_signs_in(client):
    person("alice")
    key = Authenticator()
    key.enrol(actor("alice"))
    asked = client.get("/sign-in/passkey", headers={"X-Requested-With": "XMLHttpRequest"}).json()
    challenge = asked["request_options"]["publicKey"]["challenge"]
    answer = client.post(
        "/sign-in/passkey", {"credential": json.dumps(sign_in(key, challenge, user="per_alice"))}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/inbox")
    assert client.session["_auth_user_id"] == "per_alice"


def sign_in(key: Authenticator, challenge: str, user: str = "") -> dict:
    """The browser's answer to a sign-in."""
    told = json.dumps({"type": "webauthn.get", "challenge": challenge, "origin": key.origin}).encode()
    data = key.data(key.flags)
    name = to_text(key.credential_id)
    response = {
        "clientDataJSON": to_text(told),
        "authenticatorData": to_text(data),
        "signature": to_text(key.signature(data + hashlib.sha256(told).digest())),
    }
    if user:
        response["userHandle"] = to_text(user.encode())
    return {"id": name, "rawId": name, "type": "public-key", "response": response}
