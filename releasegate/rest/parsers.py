"""JSON as I-JSON (RFC 7493) wants it: what two readers could understand differently is refused."""

import json
import math

from rest_framework.parsers import BaseParser

from kernel.refusals import Refusal

MAX_BYTES = 1_000_000  # a body over 1 MB is 413
MAX_DEPTH = 64
MAX_INTEGER = 2**53 - 1  # RFC 7493 §2.2: beyond it, readers disagree


class MalformedJson(Refusal):
    """400: the body is not JSON, or is JSON that two readers could understand differently."""

    status = 400
    code = "malformed_json"
    title = "The body is not valid JSON"


class TooLarge(Refusal):
    """413: the body is larger than what may be sent here."""

    status = 413
    code = "too_large"
    title = "The body is too large"


class StrictJSONParser(BaseParser):
    """Reads at most 1 MB of UTF-8 JSON.

    Raises TooLarge (413), and MalformedJson (400) also for duplicate names, NaN and Infinity, numbers beyond
    what RFC 7493 lets travel, half surrogate pairs, NUL characters and more than 64 levels.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        """The parsed value of `stream`, a binary file-like object."""
        length = parser_context["request"].META.get("CONTENT_LENGTH") if parser_context else None
        if length and length.isdigit() and int(length) > MAX_BYTES:
            raise TooLarge(f"At most {MAX_BYTES} bytes.")
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise TooLarge(f"At most {MAX_BYTES} bytes.")
        return read_json(body)


def read_json(body: bytes):
    """The value of a JSON text in UTF-8; raises MalformedJson."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise MalformedJson(f"The body is not UTF-8 at byte {error.start}.") from error
    try:
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_integer,
        )
    except json.JSONDecodeError as error:
        raise MalformedJson(f"{error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError as error:
        raise _too_deep() from error
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH or b"\\u" in body:
        _walk(value)
    return value


def _object(pairs: list[tuple]) -> dict:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise MalformedJson(f"The name {twice!a} appears twice in one object.")
    return made


def _constant(text: str):
    raise MalformedJson(f"{text} is not JSON.")


def _float(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise MalformedJson("A number is too large.")
    return number


def _integer(text: str) -> int:
    if len(text) > 17 or abs(number := int(text)) > MAX_INTEGER:
        raise MalformedJson("A whole number is too large.")
    return number


def _walk(value) -> None:
    """Refuse what lies too deep, and text that cannot be stored; a loop, since recursion is what we guard."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise _too_deep()
        below = []
        for item in level:
            if isinstance(item, str):
                _check_text(item)
            elif isinstance(item, list):
                below += item
            elif isinstance(item, dict):
                below += item.values()
                for name in item:
                    _check_text(name)
        level = below


def _check_text(text: str) -> None:
    if "\x00" in text:
        raise MalformedJson("Text may not hold the NUL character.")
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedJson("Text may not hold half of a surrogate pair.")


def _too_deep() -> MalformedJson:
    return MalformedJson(f"More than {MAX_DEPTH} levels.")
