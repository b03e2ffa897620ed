"""JSON that two readers could understand differently is refused, and nothing makes the reader fall over."""

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releasegate.rest.parsers import (
    MAX_BYTES,
    MAX_DEPTH,
    MalformedJson,
    StrictJSONParser,
    TooLarge,
    read_json,
)

NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda below: st.lists(below) | st.dictionaries(TEXT, below),
    max_leaves=20,
)


@given(VALUES)
def test_ordinary_json_is_read_as_it_was_written(value):
    assert read_json(json.dumps(value).encode()) == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode()) == value


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    with contextlib.suppress(MalformedJson):
        read_json(body)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "Expecting value"),
        (b"{", "line 1, column 2"),
        (b'{"a": 1,}', "line 1"),
        (b"{'a': 1}", "line 1"),
        (b'{"a": 1} x', "Extra data"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        (b'{"a": 1, "b": 2, "a": 3}', "'a' appears twice"),
        (b'{"x": {"a": 1, "a": 1}}', "'a' appears twice"),
        (b'{"a": 1, "\\u0061": 2}', "'a' appears twice"),
        (b'{"\\ud800": 1, "\\ud800": 2}', "'\\ud800' appears twice"),
        (b"NaN", "NaN is not JSON"),
        (b'{"a": Infinity}', "Infinity is not JSON"),
        (b'{"a": -Infinity}', "-Infinity is not JSON"),
        (b'{"a": 1e400}', "too large"),
        (b'{"a": -1e999}', "too large"),
        (b'{"a": 9007199254740992}', "too large"),
        (b'{"a": -9007199254740992}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"a": "\\u0000"}', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'["a", {"b": ["\\u0000"]}]', "NUL"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": "\\udc00\\ud800"}', "surrogate"),
        (b'{"a": "x\nline"}', "line 1"),
        (b'{"a": "\x00"}', "line 1"),
        (b"[" * 100_000, "64 levels"),
        (b"[" * 65 + b"]" * 65, "64 levels"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "64 levels"),
        (b'{"a":' * 100_000, "64 levels"),
    ],
)
def test_it_is_refused_with_its_reason(body, words):
    with pytest.raises(MalformedJson) as refused:
        read_json(body)
    assert (refused.value.status, refused.value.code) == (400, "malformed_json")
    assert words in refused.value.detail
    refused.value.detail.encode()  # may be shown


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'"\\ud83d\\ude80"', "🚀"),
        (b'{"a": 9007199254740991}', {"a": 2**53 - 1}),
        (b'{"a": -0}', {"a": 0}),
        (b' {"a" : 1 } \n', {"a": 1}),
        (b"[" * (MAX_DEPTH - 1) + b"1" + b"]" * (MAX_DEPTH - 1), None),
        (b"[" + b"{}," * 200 + b"{}]", [{}] * 201),
    ],
)
def test_what_is_unusual_but_clear_is_read(body, value):
    read = read_json(body)
    assert value is None or read == value


def parse(body: bytes, length: str | None = None):
    class Request:
        META = {} if length is None else {"CONTENT_LENGTH": length}

    return StrictJSONParser().parse(io.BytesIO(body), "application/json", {"request": Request})


def test_a_body_of_a_megabyte_is_read_and_one_byte_more_is_not():
    fits = b'"' + b"a" * (MAX_BYTES - 2) + b'"'
    assert len(parse(fits)) == MAX_BYTES - 2
    with pytest.raises(TooLarge) as refused:
        parse(fits + b" ")
    assert (refused.value.status, refused.value.code) == (413, "too_large")


def test_a_body_that_says_it_is_too_large_is_not_read():
    class Untouched(io.BytesIO):
        def read(self, *args):
            pytest.fail("read")

    class Request:
        META = {"CONTENT_LENGTH": str(MAX_BYTES + 1)}

    with pytest.raises(TooLarge):
        StrictJSONParser().parse(Untouched(), "application/json", {"request": Request})


def test_a_body_that_lies_about_its_length_is_measured():
    with pytest.raises(TooLarge):
        parse(b" " * (MAX_BYTES + 1), length="2")
