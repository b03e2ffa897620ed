"""The deployment history as CSV over HTTP, against a raw COPY of the same table to a client."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

from django.db import connection

from bench.company import token_of
from bench.lines import line
from bench.place import place
from bench.size import Size
from bench.wire import request
from deployments.models import History

AIM = 0.3
SPECIAL = ("deployment", "requested_at", "started_at", "ended_at", "break_glass")
PAGE = 4096


def measure(size: Size) -> Iterator[dict]:
    """Rows a second to the last byte at the client; memory is that of the web server's processes, all together."""
    fill(size.rows)
    port, token = place.web(), token_of("aude")
    asked = request(
        "GET", "/api/v1/audit/deployments.csv", Authorization=f"Bearer {token}", Connection="close"
    )
    for _ in range(8):  # so that each of the server's processes has answered before its memory is looked at
        download(port, asked.replace(b".csv ", b".csv?application=none "))
    raw_copy(), download(port, asked)
    before = resident()
    pairs, peak, sent = [], before, 0
    for _ in range(min(size.rounds, 5)):
        floor = raw_copy()
        seconds, sent, most = download(port, asked)
        pairs.append((size.rows / seconds, size.rows / floor))
        peak = max(peak, most)
    yield line(
        "export",
        pairs,
        unit="rows/s",
        n=size.rows,
        aim=AIM,
        bytes=sent,
        web_mb=round(before / 2**20, 1),
        grew_mb=round((peak - before) / 2**20, 1),
    )


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


def raw_copy() -> float:
    """Seconds of COPY … TO STDOUT of the whole table to this process: unsorted, unformatted, thrown away."""
    began = time.perf_counter()
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {History._meta.db_table} TO STDOUT WITH (FORMAT csv)") as copy,
    ):
        for _ in copy:
            pass
    return time.perf_counter() - began


def download(port: int, asked: bytes) -> tuple[float, int, int]:
    """(seconds, bytes, the most memory the server had) of one export; RuntimeError unless it is a whole CSV."""
    began = time.perf_counter()
    looked, most, size, first, last = began, 0, 0, b"", b""
    with socket.create_connection(("127.0.0.1", port), 60) as wire:
        wire.sendall(asked)
        while piece := wire.recv(262_144):
            first, last = first or piece, piece[-5:] if len(piece) >= 5 else last + piece
            size += len(piece)
            if time.perf_counter() > looked + 0.1:
                looked, most = time.perf_counter(), max(most, resident())
    if not first.startswith(b"HTTP/1.1 200 ") or not last.endswith(b"0\r\n\r\n"):
        raise RuntimeError(f"the export is not whole: {first[:200]} … {last}")
    return time.perf_counter() - began, size, max(most, resident())


def resident() -> int:
    """Bytes of memory of the web server's workers."""
    leader = place.processes["web"].pid
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    return sum(int(Path(f"/proc/{child}/statm").read_text().split()[1]) * PAGE for child in children)
