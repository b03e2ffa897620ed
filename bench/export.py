"""The history export against a raw COPY of the same table: rows per second, their ratio, and resident memory."""

import resource
import time

from django.db import connection

from deployments.exports import history_csv
from deployments.exports.columns import Filters
from deployments.models import History

ROWS = 300_000


def fill(rows: int) -> None:
    """`rows` history rows of an ordinary length, made by the database itself."""
    columns = [field for field in History._meta.fields if field.name not in SPECIAL]
    names = ", ".join(f'"{field.column}"' for field in columns)
    values = ", ".join(f"left('{field.column} ' || n, {field.max_length or 200})" for field in columns)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {History._meta.db_table} (deployment, requested_at, break_glass, {names}) "
            f"SELECT 'dep_' || lpad(n::text, 26, '0'), now() - n * interval '1 minute', false, {values} "
            f"FROM generate_series(1, %s) n",
            [rows],
        )


SPECIAL = ("deployment", "requested_at", "started_at", "ended_at", "break_glass")


def raw_copy() -> float:
    """Seconds of COPY … TO STDOUT of the whole table, in the same order: the floor."""
    began = time.perf_counter()
    query = f"COPY (SELECT * FROM {History._meta.db_table} ORDER BY requested_at, deployment) TO STDOUT (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(query) as copy:
        for _ in copy:
            pass
    return time.perf_counter() - began


def ours() -> tuple[float, int]:
    """(seconds, bytes) of the export as it is streamed to a client."""
    began = time.perf_counter()
    size = sum(len(chunk) for chunk in history_csv.stream(Filters(), ["bench"]))
    return time.perf_counter() - began, size


def measure() -> dict:
    """Best of three of each, in turn; memory is the process's peak after all of it, in MB, and what it grew by."""
    fill(ROWS)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pairs = [(raw_copy(), ours()) for _ in range(3)]
    floor = min(raw for raw, _ in pairs)
    seconds, size = min(mine for _, mine in pairs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {
        "bench": "export",
        "rows": ROWS,
        "bytes": size,
        "rows_per_second": round(ROWS / seconds),
        "floor_rows_per_second": round(ROWS / floor),
        "ratio": round(floor / seconds, 3),
        "aim": 0.3,
        "peak_mb": round(peak, 1),
        "grew_mb": round(peak - before, 1),
    }
