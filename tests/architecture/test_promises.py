"""Every promise that is said to be proved names a test of each half, and every test it names exists."""

import ast
import re
from typing import NamedTuple

import pytest

from tests.architecture import source
from tests.architecture.test_shape import nothing

PAGE = "docs/reference/promises.md"
HALVES = {"holds", "refused"}
TEST = re.compile(r"`(tests/[\w/]+\.py)::((?:Test\w+::)?test_\w+)`")


class Row(NamedTuple):
    """One line of a table: whose promise, which half of it, in which words, and what stands in its last cell."""

    section: str
    code: str
    half: str
    clause: str
    tests: str


def sections(text: str) -> dict[str, str]:
    """Letter of a section: what stands in it."""
    return {part[0]: part for part in re.split(r"^## (?=[A-Z]\. )", text, flags=re.MULTILINE)[1:]}


def proved(text: str) -> list[str]:
    """Codes that the lines "Proved:" name; such a line goes on until the first empty one."""
    said = []
    for part in sections(text).values():
        said += re.findall(r"`(\w+)`", re.search(r"^Proved:(.*?)\n\n", part, re.MULTILINE | re.DOTALL)[1])
    return said


def rows(text: str) -> list[Row]:
    found = []
    for letter, part in sections(text).items():
        for line in re.findall(r"^\|(.*)\|$", part, re.MULTILINE):
            cells = [cell.strip() for cell in line.split(" | ")]
            if cells[0] != "code" and not line.startswith("---"):
                found.append(Row(letter, *cells))
    return found


def incomplete(text: str) -> list[str]:
    """What the page says and does not keep, code by code and row by row."""
    said, given = proved(text), rows(text)
    wrong = [f"{code} is said twice" for code in sorted(set(said)) if said.count(code) > 1]
    for code in said:
        missing = HALVES - {row.half for row in given if row.code == code}
        wrong += [f"{code} has no row of what is {half}" for half in sorted(missing)]
    for row in given:
        where = f"{row.code}, {row.clause}"
        wrong += [f"{where}: not said to be proved"] * (row.code not in said)
        wrong += [f"{where}: stands in section {row.section}"] * (row.code[0] != row.section)
        wrong += [f"{where}: {row.half} is no half"] * (row.half not in HALVES)
        wrong += [f"{where}: names no test"] * (not TEST.search(row.tests))
        rest = TEST.sub("", row.tests).strip(" ,")
        wrong += [f"{where}: cannot read {rest}"] * bool(rest)
    return wrong


def absent(text: str) -> list[str]:
    """Tests that are named and cannot be run."""
    return sorted({f"{path}::{name}" for path, name in TEST.findall(text) if name not in runnable(path)})


def runnable(path: str) -> set[str]:
    if path not in source.tracked() or not path.rsplit("/", 1)[1].startswith("test_"):
        return set()
    found = set()
    for node in source.tree(path).body:
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}::{function.name}" for function in source.functions(node)}
        elif isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return found


def test_every_promise_that_is_proved_has_both_halves():
    nothing(incomplete(source.text(PAGE)))


def test_every_test_that_is_named_exists():
    nothing(absent(source.text(PAGE)))


# Each check is fed a fault and must find it.

HERE = "`tests/architecture/test_promises.py::test_every_test_that_is_named_exists`"
WHOLE = f"""# Title

## Z. Last

Proved: `Z01`
`Z02`

| code | half | clause | tests |
|---|---|---|---|
| Z01 | holds | it works | {HERE} |
| Z01 | refused | it does not | {HERE} {HERE} |
| Z02 | holds | it works | {HERE}, {HERE} |
| Z02 | refused | it does not | {HERE} |
"""


def test_a_whole_page_passes():
    assert proved(WHOLE) == ["Z01", "Z02"]
    assert len(rows(WHOLE)) == 4
    assert incomplete(WHOLE) == []
    assert absent(WHOLE) == []


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("`Z02`", "`Z02` `Z03`", ["Z03 has no row of what is holds", "Z03 has no row of what is refused"]),
        ("`Z02`", "`Z02` `Z01`", ["Z01 is said twice"]),
        (f"| Z02 | refused | it does not | {HERE} |\n", "", ["Z02 has no row of what is refused"]),
        ("Z02 | holds | it works", "Z01 | holds | it works", ["Z02 has no row of what is holds"]),
        ("| Z01 | refused | it does not |", "| Z01 | holds | so |", ["Z01 has no row of what is refused"]),
        (f"{HERE}, {HERE}", "none", ["Z02, it works: names no test", "Z02, it works: cannot read none"]),
        (f"{HERE}, {HERE}", f"{HERE} and more", ["Z02, it works: cannot read and more"]),
        (
            "Proved: `Z01`\n`Z02`",
            "Proved: `Z01`",
            ["Z02, it works: not said to be proved", "Z02, it does not: not said to be proved"],
        ),
        (
            "| Z02 | holds |",
            "| Z02 | maybe |",
            ["Z02 has no row of what is holds", "Z02, it works: maybe is no half"],
        ),
    ],
)
def test_a_promise_that_lacks_something_is_found(right, wrong, found):
    assert right in WHOLE
    assert incomplete(WHOLE.replace(right, wrong)) == found


def test_a_test_of_a_class_is_named_with_it():
    name = "tests/deployments/api/test_others.py::TestWithdrawals::test_twice_is_409_and_without_a_reason_422"
    assert absent(WHOLE.replace(HERE, f"`{name}`")) == []


def test_a_row_in_the_wrong_section_is_found():
    moved = WHOLE.replace("## Z. Last", "## Y. Other")
    assert incomplete(moved)[0] == "Z01, it works: stands in section Y"


@pytest.mark.parametrize(
    "name",
    [
        "tests/architecture/test_promises.py::test_nobody_wrote",
        "tests/architecture/test_nothing.py::test_every_test_that_is_named_exists",
        "tests/architecture/source.py::test_every_test_that_is_named_exists",
        "tests/architecture/test_promises.py::TestNothing::test_every_test_that_is_named_exists",
        "tests/deployments/api/test_others.py::test_twice_is_409_and_without_a_reason_422",
    ],
)
def test_a_test_that_does_not_exist_is_found(name):
    assert absent(WHOLE.replace(HERE, f"`{name}`")) == [name]
