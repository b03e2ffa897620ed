"""C2SP signed notes: the specification's own example, and everything that must not open."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from audit.note import (
    Checkpoint,
    NoteError,
    open_checkpoint,
    open_note,
    read_checkpoint,
    read_verifier_key,
    sign,
    verifier_key,
)
from tests.audit.log import ORIGIN, OTHER, SIGNER

# The example of golang.org/x/mod/sumdb/note, which C2SP's signed-note describes.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ryy"
    "BwJnAM=\n"
)
TEXT = f"{ORIGIN}\n7\n{base64.b64encode(bytes(range(32))).decode()}\n"
# Points whose order divides 8: y = 1, 0, −1, the two of order 8, and forms beyond the prime.
WEAK = [
    (1).to_bytes(32, "little"),
    (0).to_bytes(32, "little"),
    (2**255 - 20).to_bytes(32, "little"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    (1 | 1 << 255).to_bytes(32, "little"),
    (2**255 - 19).to_bytes(32, "little"),
    (2**255 - 18).to_bytes(32, "little"),
]


def test_the_example_of_the_format_opens():
    text = open_note(GO_NOTE, read_verifier_key(GO_KEY))
    assert text == GO_NOTE.split("\n\n")[0] + "\n"


def test_a_key_reads_back_as_it_was_written():
    assert str(read_verifier_key(SIGNER.vkey)) == SIGNER.vkey
    assert read_verifier_key(SIGNER.vkey + "\n") == SIGNER.key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000",
        "na me+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+AhpcZQcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+c74f20a3+ARpc",
        "PeterNeumann+c74f20a3+not base64!",
    ],
)
def test_a_malformed_key_is_refused(text):
    with pytest.raises(NoteError):
        read_verifier_key(text)


@pytest.mark.parametrize("public", WEAK, ids=lambda key: key.hex()[:8])
def test_a_key_of_small_order_is_refused(public):
    with pytest.raises(NoteError, match="large order"):
        verifier_key(ORIGIN, public)


def test_a_public_key_of_another_length_is_refused():
    with pytest.raises(NoteError, match="32 bytes"):
        verifier_key(ORIGIN, bytes(31))


def test_a_signed_checkpoint_opens_with_its_key():
    checkpoint = open_checkpoint(SIGNER.sign(TEXT), SIGNER.key)
    assert checkpoint == Checkpoint(ORIGIN, 7, bytes(range(32)))
    assert checkpoint.text() == TEXT


def test_another_key_of_the_same_name_opens_nothing():
    with pytest.raises(NoteError, match="no signature by"):
        open_note(SIGNER.sign(TEXT), OTHER.key)


def test_signatures_of_others_are_ignored_beside_a_good_one():
    both = SIGNER.sign(TEXT) + OTHER.sign(TEXT).split("\n\n")[1]
    assert open_note(both, SIGNER.key) == TEXT
    assert open_note(both, OTHER.key) == TEXT


def test_a_signature_under_our_key_id_that_is_wrong_is_refused():
    forged = sign(TEXT, SIGNER.key, Ed25519PrivateKey.generate())
    with pytest.raises(NoteError, match="wrong"):
        open_note(forged, SIGNER.key)


@given(st.data())
def test_no_single_character_of_a_checkpoint_can_be_changed(data):
    note = SIGNER.sign(TEXT)
    place = data.draw(st.integers(0, len(note) - 1))
    character = data.draw(st.sampled_from("aZ0+/=\n —é"))
    edited = note[:place] + character + note[place + 1 :]
    if edited == note:
        return
    with pytest.raises(NoteError):
        open_checkpoint(edited, SIGNER.key)


@pytest.mark.parametrize("note", ["", "text\n", "text\n\n", "text\n\nno signature\n", "text\n\n— a b"])
def test_a_note_without_a_signature_block_is_refused(note):
    with pytest.raises(NoteError):
        open_note(note, SIGNER.key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "origin\n1\n",
        f"{ORIGIN}\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        f"{ORIGIN}\n01\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n-1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n1\n{base64.b64encode(bytes(32)).decode()}\nextension\n",
        f"\n1\n{base64.b64encode(bytes(32)).decode()}\n",
        f"{ORIGIN}\n1\n{base64.b64encode(bytes(32)).decode()}",
    ],
)
def test_a_malformed_checkpoint_is_refused(text):
    with pytest.raises(NoteError):
        read_checkpoint(text)


def test_a_checkpoint_of_another_log_is_refused():
    note = SIGNER.sign(TEXT.replace(ORIGIN, "other.example/log", 1))
    with pytest.raises(NoteError, match="is of other"):
        open_checkpoint(note, SIGNER.key)


def test_only_text_that_ends_with_a_line_feed_is_signed():
    with pytest.raises(NoteError):
        SIGNER.sign("no line feed")
