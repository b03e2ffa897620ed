"""Every page, every form, every kind of caller: the answer is the one the table says."""

import pytest

from tests.census.asking import ask, changed, differing
from tests.census.callers import FOREIGN
from tests.census.page_rows import BY_ID, ROWS
from tests.census.town import MISSING

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
# What htmx is answered in place of a page's 200: nothing new, or ask no more.
OF_A_FRAGMENT = (200, 204, 286)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_caller_gets_what_the_table_says(town, callers, before, row):
    wrong = []
    for column, cell in row.cells.items():
        answer = ask(callers[column], row, town.names, api=False)
        if answer.status != cell.status or not fits(answer, cell):
            wrong.append(f"{column}: {answer.status} {answer.location}, not {cell}")
            continue
        wrong += [f"{column}: {what}" for what in faults(row, cell, answer, before)]
        if cell.status == 404 and column in FOREIGN:
            missing = ask(callers[column], row, MISSING, api=False)
            wrong += [f"{column}, as against what nobody has: {line}" for line in differing(answer, missing)]
    assert wrong == []


def fits(answer, cell) -> bool:
    """A redirect leads where the table says."""
    return not 300 <= cell.status < 400 or answer.location.startswith(cell.word)


def faults(row, cell, answer, before) -> list[str]:
    found = []
    if cell.word == "forbidden" and row.needs not in answer.text:
        found.append(f"does not name {row.needs}")
    if cell.refused or cell.word == "/sign-in":
        found += [f"a refusal changed {table}" for table in changed(answer, before)]
    denials = [event["outcome"] for event in answer.events if event["outcome"] != "allowed"]
    recorded = cell.status == 403 and row.changes and not row.path.startswith("/account/")
    if denials != (["denied"] if recorded else []):
        found.append(f"left the events {answer.events}")
    return found


MOVING = ("/inbox", "/board", "/deployments/{deployment}", "/deployments/{deployment}/log")


@pytest.mark.parametrize("path", MOVING)
def test_a_fragment_is_for_whom_its_page_is_for(town, callers, path):
    row = BY_ID[f"GET {path}"]
    for column, cell in row.cells.items():
        answer = ask(callers[column], row, town.names, api=False, **FRAGMENT)
        assert answer.status in (OF_A_FRAGMENT if cell.status == 200 else (cell.status,)), column
        assert fits(answer, cell), column
