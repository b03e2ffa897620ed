"""The deployment history as an Excel workbook (ECMA-376), for people: times are dates, texts are texts, never formulas.

Written row by row into temporary files, so that memory stays flat; it leaves when it is whole, because a zip's
directory stands at its end.
"""

import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

import xlsxwriter

from deployments.exports.columns import COLUMNS, NAMES, Filters
from deployments.models import History

CHUNK = 256 * 1024
ROWS = 1_000_000  # of one sheet, which holds 1,048,576; the next ones go to the next sheet
LONGEST = 32_767  # characters of one cell
CUT = "… (cut: a cell holds no more; the whole text is in the JSON Lines)"
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "default_date_format": 'yyyy-mm-dd"T"hh:mm:ss"Z"',
}
WIDTHS = {"text": 24, "time": 22, "flag": 12}  # characters


def stream(filters: Filters, header: list[str]) -> Iterator[bytes]:
    """The lines of `header` beginning with `#`, the column names, then one row per deployment, oldest first."""
    with tempfile.TemporaryDirectory(prefix="rg-xlsx-") as folder:
        path = Path(folder) / "deployments.xlsx"
        _write(path, folder, filters, header)
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                yield piece


def _write(path: Path, folder: str, filters: Filters, header: list[str]) -> None:
    rows = History.objects.filter(**filters.conditions()).order_by("requested_at", "deployment")
    with xlsxwriter.Workbook(str(path), {**OPTIONS, "tmpdir": folder}) as book:
        bold = book.add_format({"bold": True})
        sheet = line = None
        for number, row in enumerate(rows.iterator(chunk_size=2000)):
            if number % ROWS == 0:
                sheet, line = _sheet(book, header, bold)
            for column, (name, kind) in enumerate(COLUMNS):
                _cell(sheet, line, column, getattr(row, name), kind)
            line += 1
        if sheet is None:
            _sheet(book, header, bold)


def _sheet(book: xlsxwriter.Workbook, header: list[str], bold) -> tuple:
    """A new sheet with what the file is about and the names of the columns; and its first free row."""
    sheet = book.add_worksheet(f"Deployments {len(book.worksheets()) + 1}")
    for column, (_, kind) in enumerate(COLUMNS):
        sheet.set_column(column, column, WIDTHS[kind])
    sheet.freeze_panes(len(header) + 1, 1)
    for line, text in enumerate(header):
        sheet.write_string(line, 0, f"# {' '.join(text.split())}")
    for column, name in enumerate(NAMES):
        sheet.write_string(len(header), column, name, bold)
    return sheet, len(header) + 1


def _cell(sheet, line: int, column: int, value, kind: str) -> None:
    """Dates have no zone in a workbook: they are UTC, as the header says, and go to the second."""
    if kind == "time" and value is not None:
        sheet.write_datetime(line, column, value.astimezone(UTC).replace(tzinfo=None, microsecond=0))
    elif kind == "time":
        sheet.write_string(line, column, "not recorded")
    elif kind == "flag":
        sheet.write_string(line, column, "yes" if value else "no")
    else:
        text = value if len(value) <= LONGEST else value[: LONGEST - len(CUT)] + CUT
        sheet.write_string(line, column, text)
