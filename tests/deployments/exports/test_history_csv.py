"""The CSV: neutral, complete, and the same whichever way it is made."""

import csv
import io

import pytest
from django.db import connection

from deployments.exports import history_csv
from deployments.exports.columns import NAMES, Filters, neutral
from deployments.models import History
from tests.deployments.exports.rows import ODD, odd_rows, row

pytestmark = pytest.mark.django_db


def text_of(filters=Filters(), header=()) -> str:  # noqa: B008 - frozen
    return b"".join(history_csv.stream(filters, list(header))).decode()


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_header_comes_first_and_cannot_be_broken_into_lines():
    text = text_of(header=["made: now", "filter: x\r\n=evil\n\ny"])
    assert text == "# made: now\r\n# filter: x =evil y\r\n" + ",".join(NAMES) + "\r\n"


def test_formulas_are_neutral_and_everything_else_is_as_it_was():
    odd_rows()
    _, *rows = read(text_of())
    column = NAMES.index("reason")
    assert [cells[column] for cells in rows] == [neutral(text) for text in ODD]
    assert [cells[NAMES.index("version")] for cells in rows] == [neutral(text) for text in ODD]


def test_times_flags_and_missing_ends_are_said():
    row(1, break_glass=True)
    row(3)
    _, first, second = read(text_of())
    pick = lambda cells, name: cells[NAMES.index(name)]  # noqa: E731
    assert pick(first, "requested_at") == "2026-03-01T12:01:00Z"
    assert pick(first, "started_at") == "2026-03-01T12:01:00.250000Z"
    assert pick(first, "ended_at") == "not recorded"
    assert (pick(first, "break_glass"), pick(second, "break_glass")) == ("yes", "no")


def test_rows_come_oldest_first_and_filtered():
    for number in (3, 1, 2):
        row(number, application="payments" if number > 1 else "storefront")
    _, *rows = read(text_of(Filters(application="payments")))
    assert [cells[0][-1] for cells in rows] == ["2", "3"]
    _, *rows = read(text_of(Filters(applications=frozenset({"storefront"}))))
    assert [cells[0][-1] for cells in rows] == ["1"]


def test_a_value_of_a_filter_is_never_sql():
    row(1)
    assert len(read(text_of(Filters(application="x' OR '1'='1")))) == 1
    assert len(read(text_of(Filters(application='x") OR 1=1 --')))) == 1
    assert History.objects.count() == 1


def test_who_sees_nothing_gets_the_names_of_the_columns_and_no_row():
    row(1)
    assert read(text_of(Filters(applications=frozenset()))) == [list(NAMES)]


def test_more_than_one_piece_leaves_whole(monkeypatch):
    monkeypatch.setattr(history_csv, "CHUNK", 500)
    for number in range(30):
        row(number)
    pieces = list(history_csv.stream(Filters(), []))
    assert len(pieces) > 3
    assert len(read(b"".join(pieces).decode())) == 31


@pytest.mark.postgresql
def test_copy_and_row_by_row_say_the_same():
    odd_rows()
    row(50, started_at=None)
    rows = History.objects.order_by("requested_at", "deployment")
    copied = b"".join(history_csv._copy(rows)).decode()
    iterated = b"".join(history_csv._iterate(rows)).decode()
    assert read(copied) == read(iterated)
    assert len(read(copied)) == len(ODD) + 1


@pytest.mark.postgresql
def test_on_postgresql_the_server_formats(monkeypatch):
    assert connection.vendor == "postgresql"
    monkeypatch.setattr(history_csv, "_iterate", lambda _: pytest.fail("row by row"))
    row(1)
    assert len(read(text_of())) == 2
