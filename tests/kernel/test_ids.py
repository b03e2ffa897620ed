"""Ids: prefixed, sorted by time, not to be guessed."""

import pytest

from kernel import ids
from kernel.ids import is_id, new_id


def test_an_id_is_its_prefix_and_26_characters():
    made = new_id("dep")
    assert len(made) == 30
    assert is_id(made, "dep")
    assert made == made.lower()


def test_ids_sort_by_time():
    made = [new_id("dep", at=at) for at in (0.0, 1.0, 1.25, 1_700_000_000.0, 1_700_000_000.5, 4e9)]
    assert made == sorted(made)


def test_the_time_is_in_the_first_characters():
    assert new_id("dep", at=0)[4:13] == "000000000"


def test_ids_do_not_repeat():
    assert len({new_id("dep", at=1.0) for _ in range(5000)}) == 5000


def test_an_unknown_prefix_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="xyz"):
        new_id("xyz")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dep_",
        "dep_" + "0" * 25,
        "dep_" + "0" * 27,
        "DEP_" + "0" * 26,
        "dep_" + "i" * 26,
        "bld_" + "0" * 26,
    ],
)
def test_what_is_no_id_of_that_kind_is_told_apart(text):
    assert not is_id(text, "dep")


@pytest.mark.parametrize("name", [name for name in dir(ids) if name.startswith("new_") and name != "new_id"])
def test_every_factory_makes_its_own_kind(name):
    make = getattr(ids, name)
    assert make.__name__ == name
    assert is_id(make(), name.removeprefix("new_"))
