"""Settings and their values as people read them."""

import pytest

from insights.reads.changes import in_words, words_of


@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        ("/gate/slots/0/count", "gate, slot 1, count"),
        ("/gate/unknown_authors", "gate, unknown authors"),
        ("/members", "members"),
        ("/stages/2/target/stack", "stage 3, target, stack"),
    ],
)
def test_a_pointer_is_read_as_words(pointer, words):
    assert words_of(pointer) == words


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, ""),
        ("", ""),
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ([], "none"),
        (["a", "b"], "a, b"),
        ({}, "everywhere"),
        ({"environment": "prod"}, "environment: prod"),
    ],
)
def test_a_value_is_read_as_words(value, words):
    assert in_words(value) == words
