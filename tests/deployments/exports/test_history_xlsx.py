"""The workbook, read by another library than the one that wrote it."""

import io
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from deployments.exports import history_xlsx
from deployments.exports.columns import NAMES, Filters
from tests.deployments.exports.rows import FORMULAS, ODD, START, odd_rows, row

pytestmark = pytest.mark.django_db
HEADER = ["Release Gate: deployment history", "rows: 2"]
REASON = NAMES.index("reason")


def written(filters=Filters(), header=()) -> bytes:  # noqa: B008 - frozen
    return b"".join(history_xlsx.stream(filters, list(header)))


def sheets(data: bytes) -> list[list[tuple]]:
    book = load_workbook(io.BytesIO(data))
    return [list(sheet.iter_rows(values_only=True)) for sheet in book.worksheets]


def test_lines_about_it_come_first_then_the_names_then_the_rows_oldest_first():
    row(2)
    row(1)
    (rows,) = sheets(written(header=HEADER))
    assert [line[0] for line in rows[:2]] == [f"# {line}" for line in HEADER]
    assert rows[2] == NAMES
    assert [line[0][-1] for line in rows[3:]] == ["1", "2"]


def test_without_a_row_it_is_a_whole_workbook_all_the_same():
    (rows,) = sheets(written(header=HEADER))
    assert (len(rows), rows[2]) == (3, NAMES)


def test_every_odd_text_arrives_as_it_is_and_none_is_a_formula():
    odd_rows()
    data = written()
    (rows,) = sheets(data)
    assert [unescape(line[REASON] or "") for line in rows[1:]] == ODD  # `_x000D_` is a carriage return there
    sheet = zipfile.ZipFile(io.BytesIO(data)).read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet
    kinds = [line[REASON].data_type for line in load_workbook(io.BytesIO(data)).active.iter_rows(min_row=2)]
    assert kinds[: len(FORMULAS)] == ["s"] * len(FORMULAS)


def test_times_are_dates_in_utc_and_what_is_missing_is_said():
    row(0)
    (rows,) = sheets(written())
    found = dict(zip(NAMES, rows[1], strict=True))
    assert found["requested_at"] == START.replace(tzinfo=None) == datetime(2026, 3, 1, 12)
    assert found["ended_at"] == "not recorded"
    assert found["break_glass"] in {"yes", "no"}


def test_only_what_is_asked_for_and_may_be_seen_is_in_it():
    row(1)
    row(2, application="storefront")
    (rows,) = sheets(written(Filters(application="storefront")))
    assert [line[1] for line in rows[1:]] == ["storefront"]
    (rows,) = sheets(written(Filters(applications=frozenset())))
    assert len(rows) == 1


def test_a_text_longer_than_a_cell_is_cut_and_says_so():
    row(1, reason="x" * 40_000)
    row(2, reason="y" * history_xlsx.LONGEST)
    (rows,) = sheets(written())
    cut, whole = rows[1][REASON], rows[2][REASON]
    assert len(cut) == history_xlsx.LONGEST
    assert cut.endswith(history_xlsx.CUT)
    assert whole == "y" * history_xlsx.LONGEST


def test_control_characters_leave_a_file_that_opens():
    row(1, reason="a\x01b\x0bc")
    (rows,) = sheets(written())
    assert unescape(rows[1][REASON]) == "a\x01b\x0bc"


def test_what_a_sheet_does_not_hold_goes_to_the_next_with_its_own_head(monkeypatch):
    monkeypatch.setattr(history_xlsx, "ROWS", 2)
    for number in range(5):
        row(number)
    found = sheets(written(header=HEADER))
    assert [len(rows) - 3 for rows in found] == [2, 2, 1]
    assert [rows[2] for rows in found] == [NAMES] * 3
    assert [line[0][-1] for rows in found for line in rows[3:]] == list("01234")


def test_it_leaves_in_pieces_and_nothing_of_it_stays(monkeypatch, tmp_path):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(history_xlsx, "CHUNK", 1000)
    row(1)
    pieces = history_xlsx.stream(Filters(), HEADER)
    first = next(pieces)
    assert (len(first), len(list(Path(tmp_path).iterdir()))) == (1000, 1)
    assert first[:2] == b"PK"
    pieces.close()
    assert list(Path(tmp_path).iterdir()) == []
