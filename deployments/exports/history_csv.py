"""The deployment history as CSV (RFC 4180), streamed: by server-side COPY on PostgreSQL, row by row on SQLite."""

import csv
import io
from collections.abc import Iterator

from django.core.exceptions import EmptyResultSet
from django.db import connection

from deployments.exports.columns import COLUMNS, NAMES, Filters, neutral
from deployments.models import History
from kernel.verdicts import wire_time

CHUNK = 256 * 1024


def stream(filters: Filters, header: list[str]) -> Iterator[bytes]:
    """Comment lines beginning with `#`, the column names, then one line per deployment, oldest first."""
    lines = "".join(f"# {' '.join(line.split())}\r\n" for line in header) + ",".join(NAMES) + "\r\n"
    yield lines.encode()
    rows = History.objects.filter(**filters.conditions()).order_by("requested_at", "deployment")
    yield from _copy(rows) if connection.vendor == "postgresql" else _iterate(rows)


def _expression(name: str, kind: str) -> str:
    column = f'"{name}"'
    if kind == "time":
        text = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
        return f"coalesce(replace({text}, '.000000Z', 'Z'), 'not recorded')"
    if kind == "flag":
        return f"CASE WHEN {column} THEN 'yes' ELSE 'no' END"
    return f"CASE WHEN {column} ~ '^[=+\\-@\\t\\r]' THEN '''' || {column} ELSE {column} END"


def _copy(rows) -> Iterator[bytes]:
    """COPY (SELECT …) TO STDOUT: the server formats, we pass bytes on; memory stays flat."""
    try:
        where, parameters = rows.values("deployment").query.sql_with_params()
    except EmptyResultSet:
        return  # the caller sees no application: Django knows without asking
    condition = where.partition(" WHERE ")[2].partition(" ORDER BY ")[0]
    chosen = ", ".join(_expression(name, kind) for name, kind in COLUMNS)
    table = History._meta.db_table
    # Column and table names are ours; values go as parameters.
    select = f'SELECT {chosen} FROM "{table}"' + (f" WHERE {condition}" if condition else "")  # noqa: S608
    select += f' ORDER BY "{table}"."requested_at", "{table}"."deployment"'
    buffer = bytearray()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY ({select}) TO STDOUT WITH (FORMAT csv)", parameters) as copy,
    ):
        for piece in copy:
            buffer += piece
            if len(buffer) >= CHUNK:
                yield bytes(buffer)
                buffer.clear()
    yield bytes(buffer)


def _iterate(rows) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    for row in rows.iterator(chunk_size=2000):
        writer.writerow([_cell(getattr(row, name), kind) for name, kind in COLUMNS])
        if buffer.tell() >= CHUNK:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def _cell(value, kind: str) -> str:
    if kind == "time":
        return wire_time(value) or "not recorded"
    if kind == "flag":
        return "yes" if value else "no"
    return neutral(value)
