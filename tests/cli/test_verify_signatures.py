"""The offline verifier on signed votes: the mathematics of P-256 and COSE, and each way a signature can be wrong."""

import json
import random

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from approvals.statement import statement, stored, to_text
from cli import relgate
from cli.relgate import verify_bundle
from tests.cli.test_verify import KEY, broken
from tests.cli.test_verify_content import HASH, cast, opened, person, started, story
from tests.passkeys import PRESENT, Authenticator

# RFC 6979 A.2.5: curve P-256, SHA-256.
PUBLIC = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
VECTORS = [
    (
        b"sample",
        0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
        0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
    ),
    (
        b"test",
        0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
        0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
    ),
]
N = relgate.P256_ORDER


@pytest.mark.parametrize(("message", "r", "s"), VECTORS)
def test_the_vectors_of_rfc_6979_verify(message, r, s):
    assert relgate.p256_verifies(PUBLIC, message, encode_dss_signature(r, s))
    assert relgate.p256_verifies(PUBLIC, message, encode_dss_signature(r, N - s))  # ECDSA allows both
    assert not relgate.p256_verifies(PUBLIC, message + b"x", encode_dss_signature(r, s))
    assert not relgate.p256_verifies((PUBLIC[0], PUBLIC[1] ^ 1), message, encode_dss_signature(r, s))


@pytest.mark.parametrize("numbers", [(0, 1), (1, 0), (0, 0), (N, 1), (1, N), (N + 1, 1)])
def test_numbers_outside_the_order_never_verify(numbers):
    assert not relgate.p256_verifies(PUBLIC, b"sample", encode_dss_signature(*numbers))


def test_a_point_that_is_not_on_the_curve_verifies_nothing():
    message, r, s = VECTORS[0]
    for point in ((0, 0), (1, 1), (relgate.P256, 0), (PUBLIC[0] + relgate.P256, PUBLIC[1])):
        assert not relgate.p256_verifies(point, message, encode_dss_signature(r, s))


def test_the_pure_verifier_agrees_with_the_library_on_random_signatures():
    chance = random.Random(6979)
    key = ec.derive_private_key(chance.randrange(1, N), ec.SECP256R1())
    numbers = key.public_key().public_numbers()
    for _ in range(20):
        message = chance.randbytes(chance.randrange(200))
        signature = key.sign(message, ec.ECDSA(hashes.SHA256()))
        assert relgate.p256_verifies((numbers.x, numbers.y), message, signature)
        place = chance.randrange(len(signature))
        edited = (
            signature[:place] + bytes([signature[place] ^ 1 << chance.randrange(8)]) + signature[place + 1 :]
        )
        assert not relgate.p256_verifies((numbers.x, numbers.y), message, edited)


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x06\x02\x01\x01\x02\x01",
        b"\x31\x06\x02\x01\x01\x02\x01\x01",
        b"\x30\x06\x02\x01\x81\x02\x01\x01",  # negative
        b"\x30\x07\x02\x02\x00\x01\x02\x01\x01",  # a zero too many
        b"\x30\x81\x06\x02\x01\x01\x02\x01\x01",  # a longer form of the length
        b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",  # a spare byte
        b"\x30\x09\x02\x01\x01\x02\x01\x01\x02\x01\x01",  # a third number
        b"\x30\x06\x02\x00\x02\x02\x01\x01",
    ],
)
def test_only_the_one_form_of_der_is_read(der):
    assert relgate.der_numbers(der) is None
    assert relgate.der_numbers(b"\x30\x06\x02\x01\x01\x02\x01\x01") == (1, 1)


@pytest.mark.parametrize("kind", ["es256", "ed25519"])
def test_keys_of_authenticators_are_read_and_sign(kind):
    key = Authenticator(kind)
    assert relgate.passkey_verifies(key.cose, b"hello", key.signature(b"hello"))
    assert not relgate.passkey_verifies(key.cose, b"hellO", key.signature(b"hello"))
    assert not relgate.passkey_verifies(Authenticator(kind).cose, b"hello", key.signature(b"hello"))
    for cut in range(len(key.cose)):
        assert not relgate.passkey_verifies(key.cose[:cut], b"hello", key.signature(b"hello"))
    assert not relgate.passkey_verifies(key.cose + b"\x00", b"hello", key.signature(b"hello"))


@pytest.mark.parametrize(
    "cose", [b"", b"\xa0", b"\xff", b"\xa1\x01\xf6", b"\xa1\x41\x01\x01", b"\xbf", b"\xa2\x01\x02\x01\x02"]
)
def test_what_is_no_key_signs_nothing(cose):
    assert not relgate.passkey_verifies(cose, b"hello", b"\x30\x06\x02\x01\x01\x02\x01\x01")


# Votes in a bundle -----------------------------------------------------------------------------------------------

RITA, OMAR = Authenticator(), Authenticator("ed25519")
KEYS = {"rita": RITA, "omar": OMAR}
NOT_AFTER = "2026-11-20T10:05:00.000000Z"


def enrolled(who: str, key: Authenticator | None = None, **more) -> dict:
    key = key or KEYS[who]
    data = {"credential": to_text(key.credential_id), "public_key": to_text(key.cose)}
    return {
        "kind": "passkey.added",
        "subject": f"person:per_{who}",
        "actor": person(who),
        "data": data,
        **more,
    }


def signed(
    vote: str, who: str, *, key: Authenticator | None = None, client: dict | None = None, **changes
) -> dict:
    """`changes` to the statement."""
    given = {
        "approval": "apr_1",
        "decision": "approve",
        "content_hash": HASH,
        "approver": f"per_{who}",
        "nonce": f"nonce-{vote}",
        "not_after": NOT_AFTER,
        "shown": "sha256:" + "0" * 64,
    }
    stated = statement(**{**given, **changes})
    key = key or KEYS[who]
    return cast(vote, who, signature=stored(stated, key.sign(stated, **(client or {})), public_key=key.cose))


def edited(event: dict, **parts) -> dict:
    return event | {"data": event["data"] | {"signature": event["data"]["signature"] | parts}}


def tale(*votes: dict) -> bytes:
    """Enrolled, opened, the two votes, started: leaf 3 is the first vote."""
    return story([enrolled("rita"), enrolled("omar"), opened(), *votes, started(step_up=True)])


GOOD = [signed("vot_1", "rita"), signed("vot_2", "omar")]


def test_two_signed_votes_then_the_start_is_a_good_story():
    found = verify_bundle(tale(*GOOD), KEY)
    assert (found["gated_starts"], found["signed_votes"]) == (1, 2)
    assert found["signed_at"] == ["http://localhost:8000"]


def test_a_start_that_asks_for_signatures_without_one_is_named():
    problem = broken(tale(GOOD[0], cast("vot_2", "omar")))
    assert problem.leaf == 5
    assert "without a signature" in str(problem)


def test_a_key_that_its_person_has_not_enrolled_is_named():
    other = Authenticator()
    assert "has not enrolled" in str(broken(tale(signed("vot_1", "rita", key=other), GOOD[1])))
    by_admin = enrolled("rita", other, actor=person("admin"))
    events = [enrolled("omar"), by_admin, opened(), signed("vot_1", "rita", key=other), GOOD[1], started()]
    assert broken(story(events)).leaf == 3
    gone = {"kind": "passkey.removed", "subject": "person:per_rita", "actor": person("admin")}
    gone["data"] = {"credential": to_text(RITA.credential_id)}
    assert broken(story([enrolled("rita"), gone, opened(), GOOD[0]])).leaf == 3


def test_in_a_part_of_the_log_an_earlier_enrolment_is_not_claimed_to_be_missing():
    events = [opened(), *GOOD, started(step_up=True)]
    assert verify_bundle(story(events, first=1), KEY)["signed_votes"] == 2
    assert broken(story(events)).leaf == 1


@pytest.mark.parametrize(
    ("vote", "says"),
    [
        (signed("vot_1", "rita", approval="apr_2"), "of another vote"),
        (signed("vot_1", "rita", approver="per_omar"), "of another vote"),
        (signed("vot_1", "rita", content_hash="sha256:" + "1" * 64), "of another vote"),
        (signed("vot_1", "rita", decision="reject"), "of another vote"),
        (signed("vot_1", "rita", not_after="2026-11-20T09:58:00.000000Z"), "had ended"),
        (signed("vot_1", "rita", not_after="tomorrow"), "not a time"),
        (signed("vot_1", "rita", client={"challenge": "AAAA"}), "something else"),
        (signed("vot_1", "rita", client={"type": "webauthn.create"}), "something else"),
        (signed("vot_1", "rita", client={"crossOrigin": True}), "something else"),
        (signed("vot_1", "rita", client={"origin": "https://evil.example"}), "another site"),
        (signed("vot_1", "rita", client={"origin": 5}), "cannot be read"),
        (edited(GOOD[0], signature=GOOD[1]["data"]["signature"]["signature"]), "signature of the vote is wrong"),
        (edited(GOOD[0], signature="AA=="), "not base64url"),
        (edited(GOOD[0], authenticator_data="AAAA"), "another site"),
        (edited(GOOD[0], client_data=to_text(b"{")), "cannot be read"),
        (edited(GOOD[0], client_data=to_text(b"[]")), "cannot be read"),
        (edited(GOOD[0], statement="x"), "the parts of one"),
        (edited(GOOD[0], more="x"), "the parts of one"),
        (edited(GOOD[0], statement=GOOD[0]["data"]["signature"]["statement"] | {"shown": HASH}), "something else"),
        (edited(GOOD[0], statement=GOOD[0]["data"]["signature"]["statement"] | {"extra": "x"}), "of another vote"),
    ],
)  # fmt: skip
def test_a_vote_whose_signature_is_not_right_names_its_leaf(vote, says):
    problem = broken(tale(vote, GOOD[1]))
    assert problem.leaf == 3
    assert says in str(problem)


def test_an_unverified_person_is_named():
    key = Authenticator(flags=PRESENT)
    events = [enrolled("rita", key), opened(), signed("vot_1", "rita", key=key)]
    assert "did not verify" in str(broken(story(events)))


def test_a_statement_signed_for_two_votes_is_named():
    again = signed("vot_2", "rita", nonce="nonce-vot_1")
    problem = broken(story([enrolled("rita"), opened(), GOOD[0], again]))
    assert (problem.leaf, "earlier vote" in str(problem)) == (3, True)


def test_the_statement_of_the_server_is_the_statement_of_the_verifier():
    """Both sides make the challenge from the same bytes, whatever the order of the members."""
    kept = GOOD[0]["data"]["signature"]
    turned = dict(reversed(json.loads(json.dumps(kept["statement"])).items()))
    assert verify_bundle(tale(edited(GOOD[0], statement=turned), GOOD[1]), KEY)["signed_votes"] == 2
