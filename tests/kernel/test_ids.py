"""Ids: prefixed, sorted by time, not to be guessed."""

import re

import pytest

from kernel import ids
from kernel.ids import new_id

SHAPE = "[0-7][0-9a-hjkmnp-tv-z]{25}"


def test_an_id_is_its_prefix_and_26_characters():
    made = new_id("dep")
    assert len(made) == 30
    assert re.fullmatch(SHAPE, made.removeprefix("dep_"))
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


@pytest.mark.parametrize("name", [name for name in dir(ids) if name.startswith("new_") and name != "new_id"])
def test_every_factory_makes_its_own_kind(name):
    make = getattr(ids, name)
    assert make.__name__ == name
    prefix = name.removeprefix("new_")
    assert re.fullmatch(f"{prefix}_{SHAPE}", make())
