"""Bytes of a passkey as text. Pure."""

from base64 import urlsafe_b64decode, urlsafe_b64encode

ALGORITHMS = (-7, -8)  # COSE: ES256 and EdDSA, what the offline verifier can check; nothing else is enrolled


def to_base64url(data: bytes) -> str:
    """Without padding, as WebAuthn writes bytes in JSON."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The other way; for what we wrote ourselves."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
