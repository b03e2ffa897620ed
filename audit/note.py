"""Signed notes and checkpoints as C2SP writes them (signed-note, tlog-checkpoint), with Ed25519. Pure.

A verifier key is `<name>+<key id, 8 hex digits>+<base64(0x01 ‖ public key)>`; the key id is the first four
bytes of SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key). A checkpoint is three lines: origin, size, root in base64.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

ED25519 = b"\x01"
_NAME = re.compile(r"[^\s+]+")
_SIGNATURE = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")
_PRIME = 2**255 - 19
# y of every point whose order divides 8 (RFC 8032 §5.1.7 leaves the check to us). With such a key a signature
# can be made that verifies for many messages, so it is not a key.
_ORDER_8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022
_SMALL_ORDER_Y = frozenset({0, 1, _PRIME - 1, _ORDER_8, _PRIME - _ORDER_8})


class NoteError(ValueError):
    """A note, a checkpoint or a key is malformed, or no good signature is on it."""


@dataclass(frozen=True)
class VerifierKey:
    name: str
    key_id: bytes  # 4 bytes
    public: bytes  # 32 bytes

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes  # 32 bytes

    def text(self) -> str:
        """The signed bytes, as text that ends with a line feed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def verifier_key(name: str, public: bytes) -> VerifierKey:
    """The key of that name. Raises NoteError for a name with blanks or `+`, or a public key that is none."""
    if _NAME.fullmatch(name) is None:
        raise NoteError(f"{name!r} cannot be the name of a key")
    if len(public) != 32:
        raise NoteError("an Ed25519 public key has 32 bytes")
    y = int.from_bytes(public, "little") & (2**255 - 1)
    if y >= _PRIME or y in _SMALL_ORDER_Y:
        raise NoteError("this public key is not a point of large order")
    digest = hashlib.sha256(name.encode() + b"\n" + ED25519 + public).digest()
    return VerifierKey(name, digest[:4], public)


def read_verifier_key(text: str) -> VerifierKey:
    """Read `<name>+<id>+<base64>`. Raises NoteError where the parts do not belong together."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise NoteError("a verifier key has the form <name>+<id>+<base64>")
    name, key_id, encoded = parts
    raw = _unbase64(encoded, "the key")
    if raw[:1] != ED25519:
        raise NoteError("the key is not of the type Ed25519")
    key = verifier_key(name, raw[1:])
    if key.key_id.hex() != key_id:
        raise NoteError("the key id does not belong to the key")
    return key


def sign(text: str, key: VerifierKey, private: Ed25519PrivateKey) -> str:
    """The signed note: `text` (ends with a line feed), an empty line, one signature line."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with a line feed")
    blob = base64.b64encode(key.key_id + private.sign(text.encode())).decode()
    return f"{text}\n— {key.name} {blob}\n"


def open_note(note: str, key: VerifierKey) -> str:
    """The text of `note`, once a signature by `key` on it has been checked. Signatures of other keys are
    ignored, as C2SP asks. Raises NoteError."""
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not signatures.endswith("\n"):
        raise NoteError("the note has no signature block")
    text += "\n"
    found = False
    for line in signatures[:-1].split("\n"):
        match = _SIGNATURE.fullmatch(line)
        if match is None:
            raise NoteError("a signature line is malformed")
        blob = _unbase64(match.group(2), "a signature")
        if match.group(1) != key.name or blob[:4] != key.key_id:
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(blob[4:], text.encode())
        except InvalidSignature as error:
            raise NoteError("the signature is wrong") from error
        found = True
    if not found:
        raise NoteError(f"no signature by {key.name} ({key.key_id.hex()})")
    return text


def read_checkpoint(text: str) -> Checkpoint:
    """Read the three lines of a checkpoint. Raises NoteError; extension lines are refused (C2SP: not
    recommended, not auditable)."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:
        raise NoteError("a checkpoint has exactly three lines")
    if re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) is None:
        raise NoteError("the size of the tree is not a number")
    root = _unbase64(lines[2], "the root")
    if len(root) != 32:
        raise NoteError("the root does not have 32 bytes")
    return Checkpoint(lines[0], int(lines[1]), root)


def open_checkpoint(note: str, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note signed by `key`, whose name is the origin. Raises NoteError."""
    checkpoint = read_checkpoint(open_note(note, key))
    if checkpoint.origin != key.name:
        raise NoteError(f"the checkpoint is of {checkpoint.origin}, not of {key.name}")
    return checkpoint


def _unbase64(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(f"{what} is not base64") from error
    if base64.b64encode(raw).decode() != text:
        raise NoteError(f"{what} is not in the one form base64 has")
    return raw
