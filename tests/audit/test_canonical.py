"""RFC 8785 with the closed profile: vectors of the RFC, and everything the profile refuses."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import MAX_BODY, MAX_INTEGER, CanonicalError, canonical, check_text, wire_instant

# RFC 8785 §3.2.3: sorting by UTF-16 units puts the emoji (a surrogate pair) before U+FB33.
KEYS_OF_THE_RFC = {
    "\u20ac": "Euro Sign",
    "\r": "Carriage Return",
    "\ufb33": "Hebrew Letter Dalet With Dagesh",
    "1": "One",
    "\U0001f600": "Emoji: Grinning Face",
    "\u0080": "Control",
    "\u00f6": "Latin Small Letter O With Diaeresis",
}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcé€😀דּ", max_size=4), inner, max_size=4)
    ),
    max_leaves=20,
)


def test_keys_are_ordered_by_utf16_units_as_the_rfc_shows():
    ordered = [key for key, _ in json.loads(canonical(KEYS_OF_THE_RFC), object_pairs_hook=list)]
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_sorting_by_code_point_would_give_other_bytes():
    lazy = json.dumps(KEYS_OF_THE_RFC, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical(KEYS_OF_THE_RFC) != lazy


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([56, {"d": True, "10": None, "1": []}], b'[56,{"1":[],"10":null,"d":true}]'),
        ({"b": 1, "a": {}}, b'{"a":{},"b":1}'),
        ('€$\x0f\nA\'B"\\\\"/', '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()),
        ("\x08\x09\x0a\x0c\x0d\x1f\x7f", b'"\\b\\t\\n\\f\\r\\u001f\x7f"'),
        (-0, b"0"),
        (MAX_INTEGER, b"9007199254740991"),
        (-MAX_INTEGER, b"-9007199254740991"),
        ((1, 2), b"[1,2]"),
    ],
)
def test_the_form_is_the_one_of_the_rfc(value, expected):
    assert canonical(value) == expected


@given(VALUES)
def test_every_value_is_written_as_the_reference_writes_it(value):
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical({"a": value, "Z": 1}) == rfc8785.dumps({"a": value, "Z": 1})


@given(VALUES)
def test_what_is_read_back_gives_the_same_bytes(value):
    data = canonical(value)
    assert canonical(json.loads(data)) == data


@pytest.mark.parametrize("value", [1.0, float("nan"), b"bytes", datetime(2026, 1, 1, tzinfo=UTC), {1, 2}])
def test_types_outside_the_profile_are_a_mistake_in_our_code(value):
    with pytest.raises(TypeError):
        canonical({"deep": [value]})


def test_a_key_that_is_not_text_is_a_mistake_in_our_code():
    with pytest.raises(TypeError):
        canonical({1: "one"})


@pytest.mark.parametrize("number", [MAX_INTEGER + 1, -MAX_INTEGER - 1, 2**64])
def test_numbers_that_a_double_cannot_hold_are_refused(number):
    with pytest.raises(CanonicalError):
        canonical([number])


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_text_that_a_database_cannot_hold_is_refused(text):
    for value in (text, {text: 1}, [text]):
        with pytest.raises(CanonicalError):
            canonical(value)
    with pytest.raises(CanonicalError):
        check_text(text)


def test_sixty_thousand_bytes_pass_and_one_more_is_refused():
    assert len(canonical("x" * (MAX_BODY - 2))) == MAX_BODY == 60_000
    with pytest.raises(CanonicalError):
        canonical("x" * (MAX_BODY - 1))


def test_unicode_is_not_normalised():
    assert canonical("é") != canonical("e\u0301")


def test_times_have_six_digits_and_a_z():
    summer = timezone(timedelta(hours=2))
    assert wire_instant(datetime(2026, 7, 1, 12, 0, tzinfo=summer)) == "2026-07-01T10:00:00.000000Z"
    assert wire_instant(datetime(2026, 7, 1, 1, 2, 3, 45, tzinfo=UTC)) == "2026-07-01T01:02:03.000045Z"


def test_a_time_without_a_zone_is_a_mistake_in_our_code():
    with pytest.raises(TypeError):
        wire_instant(datetime(2026, 7, 1, 12, 0))
