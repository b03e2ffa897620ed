"""Every bench runs, with numbers too small to mean anything: nothing here looks at how fast it was."""

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from bench import lines, wire

ROOT = Path(__file__).resolve().parent.parent.parent
NAMES = ["ingest", "start", "vote", "inbox", "export", "seal"]


@pytest.mark.postgresql
@pytest.mark.journey
@pytest.mark.timeout(300)
def test_every_bench_prints_its_figure_beside_its_floor():
    done = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", *NAMES],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": os.environ["RELEASEGATE_TEST_POSTGRES"]},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found = {row["name"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(found) == NAMES
    for row in found.values():
        assert {"value", "unit", "floor", "ratio", "spread", "aim", "ok", "n", "rounds"} <= set(row)
        assert min(row["value"], row["floor"], row["ratio"], row["n"]) > 0
    assert found["export"]["bytes"] > 100 * found["export"]["n"]
    assert found["seal"]["sealed"] > 0
    assert (found["vote"]["aim"], found["vote"]["n"], found["vote"]["unit"]) == (0.25, 4, "votes/s")
    assert (found["inbox"]["aim"], found["inbox"]["requests"], found["inbox"]["unit"]) == (2, 20, "ms")


@pytest.mark.one_database
def test_more_is_better_counts_the_product_over_its_floor():
    said = lines.line("x", [(30, 100), (50, 100), (40, 100)], unit="rows/s", n=3, aim=0.3, limited_by="z")
    assert (said["value"], said["floor"], said["ratio"], said["ok"]) == (40, 100, 0.4, True)
    assert "limited_by" not in said
    missed = lines.line("x", [(10, 100)], unit="rows/s", n=1, aim=0.3, limited_by="the disk")
    assert (missed["ok"], missed["limited_by"]) == (False, "the disk")


@pytest.mark.one_database
def test_less_is_better_counts_how_many_floors_fit_into_it():
    said = lines.slow_line("x", [(30, 10), (50, 10), (90, 10)], unit="ms", n=3, aim=10)
    assert (said["value"], said["ratio"], said["spread"], said["ok"]) == (50, 5, [3, 9], True)
    assert lines.slow_line("x", [(101, 10)], unit="ms", n=1, aim=10)["ok"] is False


@pytest.mark.one_database
def test_an_answer_in_pieces_is_read_whole_and_the_connection_is_kept():
    connection = wire.Connection(port=0)
    connection.socket, server = socket.socketpair()
    answer = b"HTTP/1.1 201 Created\r\nContent-Length: 5\r\n\r\nabcde"
    sender = threading.Thread(target=lambda: [server.sendall(answer[at : at + 7]) for at in range(0, 60, 7)])
    with server:
        sender.start()
        status, head, body = connection.send(b"GET / HTTP/1.1\r\n\r\n")
        sender.join()
    assert (status, body, head) == (201, b"abcde", answer[:-9])
    assert connection.socket is not None
    connection.close()
