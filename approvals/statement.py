"""What a passkey signs when it signs a vote, and whether it did. Pure.

challenge = SHA-256("release-gate/approval/v1\\0" ‖ JCS(statement)): the authenticator signs it together with our
origin, our relying party and its user-present and user-verified bits (WebAuthn Level 2, §6.1, §7.2).
"""

import base64
import binascii
import hashlib
import json
import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import rfc8785
from cryptography.exceptions import InvalidSignature
from fido2 import cbor
from fido2.cose import CoseKey

DOMAIN = b"release-gate/approval/v1\0"
VERSION, KIND = 1, "approval"
FIELDS = ("v", "kind", "approval", "decision", "content_hash", "approver", "nonce", "not_after", "shown")
DECISIONS = ("approve", "reject")
ALGORITHMS = (-7, -8)  # COSE: ES256, EdDSA. What the offline verifier can check, so nothing else is enrolled.

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_BASE64URL = re.compile(r"[A-Za-z0-9_-]*")
_MOST = 4096  # bytes of any one part of an assertion
# What reading a key that is none can raise, in CBOR, COSE or the curve's library.
_NO_KEY = (ValueError, TypeError, KeyError, IndexError, AttributeError, NotImplementedError, struct.error)
_USER_PRESENT, _USER_VERIFIED = 0x01, 0x04


class StatementInvalid(ValueError):
    """Not a statement of this version."""


@dataclass(frozen=True)
class Assertion:
    """What the authenticator answered: the credential's id, and the three byte strings of WebAuthn."""

    credential_id: bytes
    authenticator_data: bytes
    client_data: bytes
    signature: bytes

    @property
    def sign_count(self) -> int:
        return int.from_bytes(self.authenticator_data[33:37], "big")


def statement(*, approval, decision, content_hash, approver, nonce, not_after, shown) -> dict:
    """The closed form, version 1. `not_after`: RFC 3339 UTC text; `shown`: digest of what the page showed."""
    made = {
        "v": VERSION,
        "kind": KIND,
        "approval": approval,
        "decision": decision,
        "content_hash": content_hash,
        "approver": approver,
        "nonce": nonce,
        "not_after": not_after,
        "shown": shown,
    }
    canonical(made)
    return made


def canonical(stated: Mapping) -> bytes:
    """The RFC 8785 bytes. Raises StatementInvalid for anything but exactly the fields of version 1."""
    if not isinstance(stated, Mapping) or set(stated) != set(FIELDS):
        raise StatementInvalid("a statement has exactly these fields: " + ", ".join(FIELDS))
    if type(stated["v"]) is not int or (stated["v"], stated["kind"]) != (VERSION, KIND):
        raise StatementInvalid("unknown version or kind of a statement")
    if not all(isinstance(stated[name], str) and stated[name] for name in FIELDS[1:]):
        raise StatementInvalid("every field but the version is text")
    if stated["decision"] not in DECISIONS:
        raise StatementInvalid("a statement approves or rejects")
    if not all(_DIGEST.fullmatch(stated[name]) for name in ("content_hash", "shown")):
        raise StatementInvalid("content_hash and shown are sha256 digests")
    try:
        return rfc8785.dumps(dict(stated))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise StatementInvalid(str(error)) from error


def challenge(stated: Mapping) -> bytes:
    """The 32 bytes that the authenticator signs over."""
    return hashlib.sha256(DOMAIN + canonical(stated)).digest()


def origin_of(url: str) -> str:
    """The origin of our public address as browsers write it: no path, no default port."""
    parts = urlsplit(url)
    port = parts.port if parts.port not in (None, {"https": 443, "http": 80}.get(parts.scheme)) else None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def digest_of(model) -> str:
    """`sha256:<hex>` over the RFC 8785 form of what a page shows: the member `shown`."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(model)).hexdigest()


def to_text(data: bytes) -> str:
    """base64url without padding, as WebAuthn writes bytes in JSON."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def to_bytes(text) -> bytes:
    """The bytes of strict base64url without padding. Raises ValueError for anything else, or more than 4 KiB."""
    if not isinstance(text, str) or len(text) > 2 * _MOST or not _BASE64URL.fullmatch(text):
        raise ValueError("not base64url")
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error as error:
        raise ValueError("not base64url") from error
    if len(data) > _MOST or to_text(data) != text:
        raise ValueError("not base64url")
    return data


def problem(
    assertion: Assertion, stated: Mapping, *, public_key: bytes, rp_id: str, origin: str
) -> str | None:
    """The stable code of the first thing wrong, or None: this key signed exactly this statement, for us.

    `assertion_malformed`, `challenge_mismatch`, `origin_mismatch`, `rp_mismatch`, `user_not_verified`,
    `signature_invalid`.
    """
    try:
        client = json.loads(assertion.client_data.decode())
        wanted = to_text(challenge(stated))
    except ValueError:
        return "assertion_malformed"
    data = assertion.authenticator_data
    if not isinstance(client, dict) or client.get("type") != "webauthn.get" or len(data) < 37:
        return "assertion_malformed"
    if client.get("challenge") != wanted:
        return "challenge_mismatch"
    if client.get("origin") != origin or client.get("crossOrigin") not in (None, False):
        return "origin_mismatch"
    if data[:32] != hashlib.sha256(rp_id.encode()).digest():
        return "rp_mismatch"
    if data[32] & (_USER_PRESENT | _USER_VERIFIED) != _USER_PRESENT | _USER_VERIFIED:
        return "user_not_verified"
    signed = data + hashlib.sha256(assertion.client_data).digest()
    return None if _signed_by(public_key, signed, assertion.signature) else "signature_invalid"


def _signed_by(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        key = CoseKey.parse(cbor.decode(public_key))
        if key.ALGORITHM not in ALGORITHMS:
            return False
        key.verify(message, signature)
    except (InvalidSignature, *_NO_KEY):
        return False
    return True


def stored(stated: Mapping, assertion: Assertion, *, public_key: bytes) -> dict:
    """The form that is kept with the vote and in its event: everything an outsider needs to check it again."""
    return {
        "statement": dict(stated),
        "credential": to_text(assertion.credential_id),
        "public_key": to_text(public_key),
        "authenticator_data": to_text(assertion.authenticator_data),
        "client_data": to_text(assertion.client_data),
        "signature": to_text(assertion.signature),
    }


def read_stored(kept: Mapping) -> tuple[dict, Assertion, bytes]:
    """(statement, assertion, public key) of the stored form. Raises ValueError."""
    try:
        names = ("credential", "authenticator_data", "client_data", "signature")
        return kept["statement"], Assertion(*(to_bytes(kept[n]) for n in names)), to_bytes(kept["public_key"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a stored signature") from error
