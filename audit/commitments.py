"""Commitments: how a body speaks of a name, an e-mail, an address or a comment without holding it. Pure."""

import hashlib
import hmac
import secrets

NONCE_BYTES = 32


def new_nonce() -> bytes:
    """32 random bytes; without them nobody can guess a value from its commitment."""
    return secrets.token_bytes(NONCE_BYTES)


def commit(nonce: bytes, field: str, value: str) -> str:
    """HMAC-SHA256(nonce, field ‖ value), both UTF-8, in lower-case hex. Raises ValueError for another nonce
    size."""
    if len(nonce) != NONCE_BYTES:
        raise ValueError(f"a nonce has {NONCE_BYTES} bytes")
    return hmac.new(nonce, field.encode() + value.encode(), hashlib.sha256).hexdigest()
