"""One pattern for everything that is called something."""

import pytest

from kernel.refusals import Invalid
from teams.names import check_name, check_reason, check_text, is_name


@pytest.mark.parametrize("name", ["a", "payments", "prod-eu", "a" * 63, "x9", "a-", "team-2"])
def test_a_good_name_comes_back_as_it_is(name):
    assert is_name(name)
    assert check_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "A", "9a", "-a", "a" * 64, "a_b", "a b", "a\n", "a.b", "ä", "a/b", "@owners", "a\x00", "payments "],
)
def test_a_bad_name_is_refused_with_its_pointer(name):
    assert not is_name(name)
    with pytest.raises(Invalid) as refusal:
        check_name(name, pointer="/team")
    assert refusal.value.code == "name_invalid"
    assert refusal.value.errors[0]["pointer"] == "/team"


def test_text_loses_its_outer_blanks():
    assert check_text("  a word ", pointer="/label", longest=6) == "a word"


@pytest.mark.parametrize("text", ["", "   ", "\n", "abcdefg"])
def test_text_that_is_empty_or_too_long_is_refused(text):
    with pytest.raises(Invalid) as refusal:
        check_text(text, pointer="/label", longest=6)
    assert refusal.value.code == "text_invalid"
    assert refusal.value.errors[0]["pointer"] == "/label"


def test_a_reason_is_kept_without_its_outer_blanks():
    assert check_reason(" because ") == "because"


@pytest.mark.parametrize("text", ["", " ", "x" * 501])
def test_no_reason_is_no_reason(text):
    with pytest.raises(Invalid) as refusal:
        check_reason(text)
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == ("reason_required", "?reason")
