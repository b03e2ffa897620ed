"""Reads the tables of the census: one line is one route and method, one mark what one caller gets.

    POST  /builds/{build}/withdraw   s  o  + x x  o o o  + x x  x o  | 200 build.withdraw

The marks stand in the order of `callers.COLUMNS`. `s` must sign in first (401, of a page 302 to the sign-in); `o` 404,
in the very words that a name nobody has is answered with; `+` the status after the bar; `x` 403 `forbidden`, naming the
missing permission after the status. Any other mark is explained at the end of its line: `a=not_eligible` a 403 of that
code, `b=409:lane_busy`, `c=302:/inbox`, `d=200`.
"""

import re
from dataclasses import dataclass

from tests.census.callers import COLUMNS

PLACEHOLDER = re.compile(r"\{(\w+)\}")
SIGN_IN, MISSING, FORBIDDEN = "s", "o", "x"


@dataclass(frozen=True)
class Cell:
    """`word`: the code of a refusal, or where a redirect leads."""

    status: int
    word: str = ""

    @property
    def refused(self) -> bool:
        return self.status >= 400


@dataclass(frozen=True)
class Row:
    method: str
    path: str
    cells: dict
    needs: str

    @property
    def id(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def key(self) -> str:
        """The row without its query, as its body is found."""
        return f"{self.method} {self.path.partition('?')[0]}"

    @property
    def route(self) -> tuple[str, str]:
        """(method, path with `{}` for every name): what a route is compared by."""
        return self.method, PLACEHOLDER.sub("{}", self.path.partition("?")[0])

    @property
    def changes(self) -> bool:
        return self.method != "GET"

    @property
    def is_list(self) -> bool:
        """A reading without a name in its path."""
        return not self.changes and not PLACEHOLDER.search(self.path)


def filled(value, names: dict):
    """`value`, a text or JSON, with its `{placeholders}` replaced."""
    if isinstance(value, str):
        return PLACEHOLDER.sub(lambda found: str(names[found[1]]), value)
    if isinstance(value, dict):
        return {key: filled(item, names) for key, item in value.items()}
    return [filled(item, names) for item in value] if isinstance(value, list) else value


def read(text: str, *, signed_out: Cell) -> list[Row]:
    """The rows of `text`; a line with too few marks, too many, or one that it does not explain is an error.
    `signed_out`: what `s` means here."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    return [_row(line, signed_out) for line in lines]


def _row(line: str, signed_out: Cell) -> Row:
    left, _, notes = line.partition("|")
    (method, path, *marks), (status, *words) = left.split(), notes.split()
    meaning = {SIGN_IN: signed_out, MISSING: Cell(404, "not_found"), FORBIDDEN: Cell(403, "forbidden")}
    success, _, leads_to = status.partition(":")
    meaning["+"] = Cell(int(success), leads_to)
    explained = [word for word in words if "=" in word]
    for word in explained:
        mark, _, said = word.partition("=")
        number, _, code = said.partition(":") if said[0].isdigit() else ("403", "", said)
        meaning[mark] = Cell(int(number), code)
    if len(marks) != len(COLUMNS) or set(marks) - set(meaning):
        raise ValueError(f"{method} {path}: {marks} are not {len(COLUMNS)} marks that are explained")
    cells = {column: meaning[mark] for column, mark in zip(COLUMNS, marks, strict=True)}
    needs = [word for word in words if "=" not in word]
    if (FORBIDDEN in marks) != (len(needs) == 1):
        raise ValueError(f"{method} {path}: a plain 403 names one permission, and only such a line names one")
    return Row(method, path, cells, needs[0] if needs else "")
