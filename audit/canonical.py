"""The one byte form of an event body: RFC 8785 (JCS) with a closed profile. Pure.

Profile: no floats at all; whole numbers within ±(2^53 − 1); text that UTF-8 can hold and databases store; at
most 60,000 bytes (C2SP tlog-tiles gives an entry a 16-bit length). Bodies are stored and never re-serialised.
"""

import json
from datetime import UTC, datetime

import rfc8785

MAX_BODY = 60_000  # bytes
MAX_INTEGER = 2**53 - 1
_WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


class CanonicalError(ValueError):
    """The value has the right type but cannot be written in the closed profile."""


def canonical(value) -> bytes:
    """The canonical bytes of `value` (dict, list, tuple, str, bool, None, int).

    Raises TypeError for a float or any other type (a mistake in our code), CanonicalError for an integer out
    of range, text with a NUL or a lone surrogate, or more than 60,000 bytes.
    """
    # With ASCII names the standard library writes the same bytes, and in C: its order of names is by code points,
    # RFC 8785's by UTF-16 units, and they part only above the Basic Multilingual Plane (§3.2.3).
    data = _WRITER.encode(value).encode() if _check(value) else rfc8785.dumps(value)
    if len(data) > MAX_BODY:
        raise CanonicalError(f"{len(data)} bytes are more than the {MAX_BODY} an event may have")
    return data


def check_text(text: str) -> None:
    """Raise CanonicalError unless `text` can be written as UTF-8 and stored by both databases."""
    if "\x00" in text:
        raise CanonicalError("text holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CanonicalError("text holds half of a surrogate pair") from error


def wire_instant(at: datetime) -> str:
    """RFC 3339 in UTC with exactly six digits and a Z. Raises TypeError for a time without a zone."""
    if at.tzinfo is None:
        raise TypeError("a time without a zone cannot be recorded")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _check(value) -> bool:
    """Raise for what the profile does not take; True when the name of every member is ASCII."""
    if value is None or isinstance(value, bool):
        return True
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise CanonicalError("a number is outside ±(2^53 − 1); write it as text")
    elif isinstance(value, list | tuple):
        plain = True
        for item in value:
            plain &= _check(item)
        return plain
    elif isinstance(value, dict):
        plain = True
        for name, item in value.items():
            plain &= _check_name(name) & _check(item)
        return plain
    else:
        raise TypeError(
            f"{type(value).__name__} has no place in an event; write it as text or a whole number"
        )
    return True


def _check_name(name: object) -> bool:
    if not isinstance(name, str):
        raise TypeError(f"keys are text, not {type(name).__name__}")
    check_text(name)
    return name.isascii()
