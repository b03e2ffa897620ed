"""The offline verifier on what the leaves say, on signatures and keys; and the command itself."""

import base64
import hashlib
import hmac
import json
import random
import time

import pytest

from cli import relgate
from cli.relgate import Exit, read_key, verify_bundle
from tests.audit.log import OTHER, SIGNER
from tests.cli.bundles import encode, event, forge, members, note
from tests.cli.test_verify import KEY, broken


@pytest.mark.parametrize(
    "body",
    [
        encode(event(3)).replace(b'"v":1', b'"v":1.0'),
        encode(event(3)).replace(b'"v":1', b'"v":9007199254740993'),
        encode(event(3)).replace(b",", b", ", 1),
        encode(event(3, data={"a": 1})).replace(b'"a":1', b'"a":1,"a":1'),
        encode(event(3)) + b" ",
        b"not json",
        b"[]",
        encode(event(3) | {"extra": 1}),
        encode({k: v for k, v in event(3).items() if k != "request_id"}),
        encode(event(3, at="2026-11-20T10:00:00Z")),
        encode(event(3, at=5)),
        encode(event(3, private=[])),
        encode(event(3, v=2)),
        b"\xff",
        b"[" * 50_000,
    ],
)  # fmt: skip
def test_a_body_that_is_not_canonical_is_named_even_if_it_was_sealed(body):
    bodies = [encode(event(number)) for number in range(5)]
    bodies[3] = body
    assert broken(forge(bodies, SIGNER)).leaf == 3


def test_keys_beyond_the_basic_plane_are_in_utf16_order():
    body = encode(event(0)).replace(b'"data":{}', '"data":{"\U0001f600":1,"\ufb33":2}'.encode())
    assert verify_bundle(forge([body], SIGNER), KEY)["leaves"] == 1
    wrong = encode(event(0)).replace(b'"data":{}', '"data":{"\ufb33":2,"\U0001f600":1}'.encode())
    # Python's own order is by code point; the verifier accepts only what RFC 8785 orders.
    assert broken(forge([wrong], SIGNER)).leaf == 0


# The rules between events
# ---------------------------------------------------------------------------------------

HASH = "sha256:" + "ab" * 32


def person(name: str) -> dict:
    return {"kind": "human", "id": f"per_{name}", "method": "session"}


SLOTS = [{"group": "managers", "count": 1}, {"group": "owners", "count": 1}]
GROUPS = {"rita": ["managers"], "omar": ["managers", "owners"]}


def opened(**data) -> dict:
    given = {"content_hash": HASH, "deployment": "dep_1", "slots": SLOTS, "step_up": False, **data}
    return {"kind": "approval.opened", "subject": "approval:apr_1", "data": given}


def voided(**data) -> dict:
    return {"kind": "approval.voided", "subject": "approval:apr_1", "data": {"changed_fields": [], **data}}


def cast(vote: str, by: str, **data) -> dict:
    given = {"vote": vote, "decision": "approve", "content_hash": HASH, "groups": GROUPS.get(by, []), **data}
    return {"kind": "vote.cast", "subject": "approval:apr_1", "actor": person(by), "data": given}


def started(**data) -> dict:
    given = {"approval": "apr_1", "votes": ["vot_1", "vot_2"], "content_hash": HASH, "keys": 2, **data}
    return {"kind": "deployment.running", "subject": "deployment:dep_1", "data": given}


GOOD = [opened(), cast("vot_1", "rita"), cast("vot_2", "omar"), started()]


MACHINE = {"kind": "machine", "id": "payments", "method": "application_token"}


def story(events: list[dict], first: int = 0) -> bytes:
    return forge([encode(event(number, **more)) for number, more in enumerate(events)], SIGNER, first=first)


def test_two_people_then_the_start_is_a_good_story():
    assert verify_bundle(story(GOOD), KEY)["gated_starts"] == 1


@pytest.mark.parametrize(
    ("events", "leaf", "says"),
    [
        ([opened(), cast("vot_1", "rita"), started(), cast("vot_2", "omar")], 2, "no earlier leaf holds"),
        ([cast("vot_1", "rita"), cast("vot_2", "omar"), started()], 2, "no earlier leaf opened"),
        ([opened(), cast("vot_1", "rita"), cast("vot_2", "rita"), started()], 3, "two votes of one person"),
        ([opened(), cast("vot_1", "rita"), started(votes=["vot_1"])], 2, "1 of 2 keys"),
        ([*GOOD[:2], cast("vot_2", "omar", decision="reject"), started()], 3, "not approve"),
        ([*GOOD[:2], cast("vot_2", "omar", content_hash="x"), started()], 3, "other content"),
        ([*GOOD, started()], 4, "had used up"),
        ([*GOOD[:3], voided(), started()], 4, "not approve"),
        ([*GOOD[:2], cast("vot_2", "x") | {"actor": MACHINE}, started()], 3, "of a machine"),
        ([*GOOD[:2], cast("vot_2", "omar") | {"subject": "approval:apr_2"}, started()], 3, "not approve"),
        ([*GOOD[:2], cast("vot_2", "omar") | {"outcome": "denied"}, started()], 3, "no earlier leaf holds"),
    ],
)  # fmt: skip
def test_a_start_without_its_two_keys_before_it_names_its_leaf(events, leaf, says):
    problem = broken(story(events))
    assert problem.leaf == leaf
    assert says in str(problem)


def test_what_lies_before_the_part_is_not_claimed_to_be_missing():
    assert verify_bundle(story(GOOD, first=3), KEY)["gated_starts"] == 1
    assert broken(story([*GOOD, started()], first=3)).leaf == 4


# Keys, signatures, speed, the command
# ---------------------------------------------------------------------------


def test_the_pure_verifier_agrees_with_the_library_on_random_signatures():
    chance = random.Random(8032)
    for _ in range(30):
        message = chance.randbytes(chance.randrange(200))
        signature = SIGNER.private.sign(message)
        assert relgate.ed25519_verifies(SIGNER.key.public, message, signature)
        place = chance.randrange(64)
        edited = (
            signature[:place] + bytes([signature[place] ^ 1 << chance.randrange(8)]) + signature[place + 1 :]
        )
        assert not relgate.ed25519_verifies(SIGNER.key.public, message, edited)
        assert not relgate.ed25519_verifies(OTHER.key.public, message, signature)


def test_the_vectors_of_rfc_8032_verify():
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert relgate.ed25519_verifies(public, b"\x72", signature)
    assert not relgate.ed25519_verifies(public, b"\x73", signature)
    # The same signature with S + L: a second form that a lax verifier takes.
    second = int.from_bytes(signature[32:], "little") + relgate.ORDER
    assert not relgate.ed25519_verifies(public, b"\x72", signature[:32] + second.to_bytes(32, "little"))


def test_the_all_zero_signature_of_a_small_order_key_is_refused():
    assert not relgate.ed25519_verifies(
        (1).to_bytes(32, "little"), b"x", (1).to_bytes(32, "little") + bytes(32)
    )
    for weak in (bytes(32), (1).to_bytes(32, "little"), (2**255 - 20).to_bytes(32, "little")):
        raw = b"\x01" + weak
        text = f"n+{hashlib.sha256(b'n' + bytes([10]) + raw).digest()[:4].hex()}+{base64.b64encode(raw).decode()}"
        with pytest.raises(Exit, match="large order") as refused:
            read_key(text)
        assert refused.value.code == relgate.USAGE


@pytest.mark.parametrize(
    "text", ["", "x", "a+b", "a+00000000+AAAA", SIGNER.vkey[:-4], SIGNER.vkey.replace("+", "-")]
)
def test_a_key_that_is_none_is_a_usage_error(text):
    with pytest.raises(Exit) as refused:
        read_key(text)
    assert refused.value.code == relgate.USAGE


def test_a_hundred_thousand_leaves_take_a_few_seconds():
    nonce = bytes(32)
    value = hmac.new(nonce, b"commentx", hashlib.sha256).hexdigest()
    bodies = [
        encode(event(number, data={"n": number}, private={"comment": value})) for number in range(100_000)
    ]
    data = forge(bodies, SIGNER)
    began = time.process_time()
    assert verify_bundle(data, KEY)["leaves"] == 100_000
    assert time.process_time() - began < 15  # about 3 s on one core when nothing else runs


@pytest.fixture
def files(tmp_path):
    (tmp_path / "log.rgaudit").write_bytes(story(GOOD))
    (tmp_path / "key").write_text(SIGNER.vkey + "\n")
    return tmp_path


def run(capsys, *arguments) -> tuple[int, str, str]:
    code = relgate.main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.mark.parametrize("by", ["file", "text"])
def test_the_command_says_ok_and_ends_with_0(files, capsys, by):
    key = files / "key" if by == "file" else SIGNER.vkey
    code, out, err = run(capsys, "verify", files / "log.rgaudit", "--key", key)
    assert (code, err) == (0, "")
    assert out.startswith(f"OK: {SIGNER.key.name}\n")
    assert "leaves 0 to 3" in out
    assert "1 gated starts" in out


def test_the_command_names_the_leaf_and_ends_with_1(files, capsys):
    (files / "bad").write_bytes(story([*GOOD, started()]))
    code, out, err = run(capsys, "verify", files / "bad", "--key", files / "key")
    assert (code, out) == (1, "")
    assert err.startswith("relgate: leaf 4: ")
    code, out, _ = run(capsys, "verify", files / "bad", "--key", files / "key", "--output", "json")
    answer = json.loads(out)
    assert (code, answer["ok"], answer["first_bad_leaf"], answer["exit_code"]) == (1, False, 4, 1)


@pytest.mark.parametrize(
    "arguments",
    [
        ["log.rgaudit"],
        ["log.rgaudit", "--key", "nonsense"],
        ["log.rgaudit", "--key", "missing/file"],
        ["absent.rgaudit", "--key", "key"],
        ["log.rgaudit", "--key", "key", "--checkpoint", "absent"],
    ],
)
def test_what_cannot_be_tried_is_a_usage_error(files, capsys, monkeypatch, arguments):
    monkeypatch.chdir(files)
    code, out, err = run(capsys, "verify", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("relgate: ")


def test_a_key_inside_the_bundle_is_never_trusted(files, capsys):
    (files / "forged").write_bytes(forge([encode(event(0))], OTHER))
    code, _, err = run(capsys, "verify", files / "forged", "--key", files / "key")
    assert code == 1
    assert "another key" in err


def test_a_saved_checkpoint_is_read_from_a_file(files, capsys):
    saved = files / "saved.note"
    saved.write_bytes(members(story(GOOD))["checkpoint.last"])
    arguments = ["verify", files / "log.rgaudit", "--key", files / "key", "--checkpoint", saved]
    assert run(capsys, *arguments)[0] == 0
    saved.write_bytes(note(SIGNER, 4, bytes(32)))
    code, _, err = run(capsys, *arguments)
    assert code == 1
    assert "forked" in err
