"""The Release Gate that takes us: a demo of our own in a temporary directory, or one that runs already."""

import contextlib
import json
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ship.archive import ROOT
from ship.telling import Surprise

END_SECONDS = 10


@contextlib.contextmanager
def of_our_own() -> Iterator[dict]:
    """Start a demo, give what it said, stop it. Raises Surprise if it does not start."""
    with tempfile.TemporaryDirectory(prefix="release-gate-ship-") as folder:
        command = [
            sys.executable,
            "manage.py",
            "demo",
            "--port",
            "0",
            "--json",
            "--data-dir",
            f"{folder}/data",
        ]
        log = Path(folder) / "demo.log"
        with log.open("wb") as err:
            process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=err)
        try:
            line = process.stdout.readline()
            if not line:
                raise Surprise(f"the demo did not start:\n{log.read_text()[-2000:]}")
            yield json.loads(line)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def running(path: str) -> dict:
    """What a demo that was started with --json said, from a file or from stdin (-)."""
    try:
        text = sys.stdin.readline() if path == "-" else Path(path).read_text()
        return json.loads(text.splitlines()[0])
    except (OSError, ValueError, IndexError) as error:
        raise Surprise(f"{path} is not what `manage.py demo --json` prints: {error}") from error
