"""What a passkey signs: the closed form, its challenge, and each way in which an answer is wrong."""

import hashlib
import json

import pytest
import rfc8785

from approvals import statement as st
from tests.passkeys import ORIGIN, PRESENT, RP_ID, Authenticator

HASH = "sha256:" + "a" * 64
MADE = {
    "approval": "apr_1",
    "decision": "approve",
    "content_hash": HASH,
    "approver": "per_rita",
    "nonce": "n" * 43,
    "not_after": "2026-01-01T00:05:00.000000Z",
    "shown": "sha256:" + "b" * 64,
}
WHERE = {"rp_id": RP_ID, "origin": ORIGIN}


def problem(key: Authenticator, assertion, stated=None, **where):
    return st.problem(assertion, stated or st.statement(**MADE), public_key=key.cose, **{**WHERE, **where})


def test_the_challenge_is_the_digest_of_the_domain_and_the_canonical_form():
    stated = st.statement(**MADE)
    by_hand = b"release-gate/approval/v1\0" + rfc8785.dumps({"v": 1, "kind": "approval", **MADE})
    assert st.challenge(stated) == hashlib.sha256(by_hand).digest()
    assert st.challenge(dict(reversed(stated.items()))) == st.challenge(stated)


@pytest.mark.parametrize("field", st.FIELDS)
def test_every_field_is_in_the_challenge(field):
    stated = st.statement(**MADE)
    other = {
        "v": 2,
        "kind": "other",
        "decision": "reject",
        "content_hash": "sha256:" + "c" * 64,
        "shown": "sha256:" + "c" * 64,
    }.get(field, "another")
    changed = {**stated, field: other}
    if field in ("v", "kind"):
        with pytest.raises(st.StatementInvalid):
            st.challenge(changed)
    else:
        assert st.challenge(changed) != st.challenge(stated)


@pytest.mark.parametrize(
    "change",
    [
        {"extra": "x"},
        {"v": True},
        {"v": "1"},
        {"decision": "withdraw"},
        {"shown": "sha256:short"},
        {"content_hash": "A" * 64},
        {"nonce": ""},
        {"approver": None},
        {"nonce": "\ud800"},
    ],
)
def test_anything_but_the_closed_form_is_refused(change):
    with pytest.raises(st.StatementInvalid):
        st.challenge({**st.statement(**MADE), **change})


def test_a_missing_field_is_refused():
    for field in st.FIELDS:
        with pytest.raises(st.StatementInvalid):
            st.challenge({k: v for k, v in st.statement(**MADE).items() if k != field})


@pytest.mark.parametrize("kind", ["es256", "ed25519"])
def test_the_right_answer_has_no_problem(kind):
    key = Authenticator(kind)
    assert problem(key, key.sign(st.statement(**MADE))) is None


def test_the_answer_to_another_statement_is_no_answer_to_this_one():
    key = Authenticator()
    for field, value in (("decision", "reject"), ("approver", "per_omar"), ("nonce", "m" * 43)):
        other = st.statement(**{**MADE, field: value})
        assert problem(key, key.sign(other)) == "challenge_mismatch"


def test_another_origin_relying_party_or_type_is_refused():
    key = Authenticator()
    stated = st.statement(**MADE)
    assert problem(key, key.sign(stated, origin="https://evil.example")) == "origin_mismatch"
    assert problem(key, key.sign(stated, crossOrigin=True)) == "origin_mismatch"
    assert problem(key, key.sign(stated, type="webauthn.create")) == "assertion_malformed"
    assert problem(key, Authenticator(rp_id="evil.example").sign(stated)) == "rp_mismatch"


def test_an_unverified_user_is_refused():
    for flags in (0, PRESENT, 0x04):
        key = Authenticator(flags=flags)
        assert problem(key, key.sign(st.statement(**MADE))) == "user_not_verified"


def test_a_signature_of_another_key_or_over_other_bytes_is_refused():
    key, other = Authenticator(), Authenticator()
    answer = key.sign(st.statement(**MADE))
    assert problem(other, answer) == "signature_invalid"
    grown = st.Assertion(
        answer.credential_id, answer.authenticator_data + b"x", answer.client_data, answer.signature
    )
    assert problem(key, grown) == "signature_invalid"
    for bad in (b"", b"\x30", answer.signature[:-1]):
        broken = st.Assertion(answer.credential_id, answer.authenticator_data, answer.client_data, bad)
        assert problem(key, broken) == "signature_invalid"


@pytest.mark.parametrize("public_key", [b"", b"\xff", b"\xa0", b"\x01", b"\xa1\x03\x27"])
def test_what_is_no_key_signs_nothing(public_key):
    answer = Authenticator().sign(st.statement(**MADE))
    where = {"public_key": public_key, **WHERE}
    assert st.problem(answer, st.statement(**MADE), **where) == "signature_invalid"


@pytest.mark.parametrize("told", [b"", b"{", b"[]", b"\xff", json.dumps("x").encode()])
def test_client_data_that_is_no_client_data_is_refused(told):
    answer = Authenticator().sign(st.statement(**MADE))
    broken = st.Assertion(answer.credential_id, answer.authenticator_data, told, answer.signature)
    assert problem(Authenticator(), broken) == "assertion_malformed"


def test_the_stored_form_comes_back_as_it_was():
    key = Authenticator()
    stated = st.statement(**MADE)
    answer = key.sign(stated)
    kept = json.loads(json.dumps(st.stored(stated, answer, public_key=key.cose)))
    assert st.read_stored(kept) == (stated, answer, key.cose)
    for name in kept:
        with pytest.raises(ValueError):
            st.read_stored({k: v for k, v in kept.items() if k != name})


@pytest.mark.parametrize("text", ["a", "ab=", "a+b/", "aé", None, 5, "AB", "a" * 9000])
def test_bytes_are_strict_base64url(text):
    with pytest.raises(ValueError):
        st.to_bytes(text)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://gate.example", "https://gate.example"),
        ("https://gate.example:443/x", "https://gate.example"),
        ("http://localhost:8123/", "http://localhost:8123"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_the_origin_is_that_of_the_public_address(url, origin):
    assert st.origin_of(url) == origin
