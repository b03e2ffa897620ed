"""Every route of the REST API, every method, every kind of caller: the answer is the one the table says."""

import pytest

from tests.census.api_rows import ROWS
from tests.census.asking import ask, changed, differing
from tests.census.callers import FOREIGN
from tests.census.table import Cell
from tests.census.town import MISSING

pytestmark = pytest.mark.django_db
# What a plain POST does without an event of its own, and why that is right.
WITHOUT_EVENT = {
    "POST /pipelines/{application}/validate": "changes nothing",
    "POST /accounts/{account}/test": "its worker records what it saw",
    "POST /approvals/{approval}/statement": "a statement is no vote; the vote that carries it is recorded",
}


def problem_of(answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


# What everybody may know to be there, so that a refusal need not hide it.
KNOWN = {"GET /applications/{application}/tokens": "people see all applications"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_each_caller_gets_what_the_table_says(town, callers, before, row):
    wrong = []
    for column, cell in row.cells.items():
        answer = ask(callers[column], row, town.names, api=True)
        found = Cell(answer.status, answer.json["code"] if answer.status >= 400 else "")
        if found != cell:
            wrong.append(f"{column}: {found}, not {cell}")
            continue
        wrong += [f"{column}: {what}" for what in faults(row, cell, answer, before)]
        if cell.refused and column in FOREIGN and row.id not in KNOWN:
            missing = ask(callers[column], row, MISSING, api=True)
            wrong += [f"{column}, as against what nobody has: {line}" for line in differing(answer, missing)]
    assert wrong == []


def faults(row, cell, answer, before) -> list[str]:
    """What is wrong with an answer of the right status."""
    if not cell.refused:
        wants = row.changes and row.key not in WITHOUT_EVENT
        done = [event for event in answer.events if event["outcome"] == "allowed"]
        return ["a change without its event"] if wants and not done else []
    found = []
    if cell.word == "forbidden" and answer.json.get("missing_permission") != row.needs:
        found.append(f"names {answer.json.get('missing_permission')}, not {row.needs}")
    found += [f"a refusal changed {table}" for table in changed(answer, before)]
    denials = [event["outcome"] for event in answer.events]
    expected = ["denied"] if cell.status == 403 and row.changes else []
    if denials != expected:
        found.append(f"left the events {answer.events}")
    return found
