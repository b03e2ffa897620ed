"""A role with one power opens exactly the routes that ask for it; elsewhere its person is anybody."""

import pytest

from tests.census.api_rows import ROWS
from tests.census.asking import ask
from tests.census.callers import in_a_browser
from tests.census.table import Cell

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("username", "power"),
    [("wim", "calendar.manage"), ("anna", "account.manage")],
    ids=["windows", "accounts"],
)
def test_it_opens_what_asks_for_its_power_and_nothing_else(town, username, power):
    client, wrong = in_a_browser(username), []
    for row in ROWS:
        answer = ask(client, row, town.names, api=True)
        found = Cell(answer.status, answer.json["code"] if answer.status >= 400 else "")
        if found != row.cells["admin" if row.needs == power else "nobody"]:
            wrong.append(f"{row.id}: {found}")
    assert wrong == []
    assert sum(row.needs == power for row in ROWS) >= 5
