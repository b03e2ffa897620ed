"""What is not one's own never appears in a list, and a list does not change when there is more of it."""

import pytest

from tests.census import api_rows, page_rows
from tests.census.asking import ask, differing
from tests.census.callers import FOREIGN, PAYMENTS

pytestmark = pytest.mark.django_db
LISTS = [(row, True) for row in api_rows.ROWS if row.is_list]
LISTS += [(row, False) for row in page_rows.ROWS if row.is_list and row.cells["stranger"].status == 302]
# Of everybody: what runs where, and how long the log is.
# And what is another each time: a page with a challenge, and a workbook, which says when it was made.
OTHERS = ("/board", "/audit/checkpoint", "/account/passkeys/add", "/audit/deployments.xlsx")
WATCHED = [(row, api) for row, api in LISTS if row.path not in OTHERS]
# Lists of objects that belong to an application: whoever may see them finds some here.
FILLED = (
    "/builds",
    "/releases",
    "/deployments",
    "/approvals",
    "/break-glass",
    "/audit/events",
    "/audit/deployments.csv",
)


def of(row_and_api) -> str:
    row, api = row_and_api
    return ("API " if api else "") + row.path


def read(callers, column, row, names, api) -> str:
    answer = ask(callers[column], row, names, api=api)
    return answer.words if answer.status == 200 else ""


@pytest.mark.parametrize("listed", LISTS, ids=of)
def test_what_is_not_ones_own_never_appears(town, callers, listed):
    row, api = listed
    leaks = []
    for application, columns in (("payments", FOREIGN), ("storefront", (*PAYMENTS, "nobody"))):
        for column in columns:
            text = read(callers, column, row, town.names, api)
            leaks += [f"{column}: {word}" for word in town.private[application] if word in text]
    assert leaks == []


@pytest.mark.parametrize("path", FILLED)
def test_whoever_may_see_them_finds_them(town, callers, path):
    row = api_rows.BY_ID[f"GET {path}"]
    for column in (*PAYMENTS, "manager", "admin", "auditor"):
        text = read(callers, column, row, town.names, True)
        assert any(word in text for word in town.private["payments"]), column
    for column in ("manager", "admin", "auditor") if path != "/break-glass" else ():
        assert any(w in read(callers, column, row, town.names, True) for w in town.private["storefront"]), (
            column
        )


def test_no_list_shows_that_there_is_more_of_what_one_may_not_see(town, callers):
    """Nothing is counted, numbered or paged differently after payments did more."""
    asked = [(row, api, column) for row, api in WATCHED for column in FOREIGN]
    before = [ask(callers[column], row, town.names, api=api) for row, api, column in asked]
    town.another()
    told = []
    for (row, api, column), earlier in zip(asked, before, strict=True):
        lines = differing(earlier, ask(callers[column], row, town.names, api=api))
        told += [f"{column} {of((row, api))}: {line}" for line in lines]
    assert told == []
    assert "1.4.0" in read(callers, "team", api_rows.BY_ID["GET /releases"], town.names, True)
