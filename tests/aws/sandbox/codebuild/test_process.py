"""A build's processes do not outlive the sandbox, however it ends."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

SANDBOX = """
import pathlib, sys, threading
from aws.sandbox.codebuild import process
home = pathlib.Path(sys.argv[1])
process.run(sys.argv[2], directory=home, environment={}, log=home / "log", seconds_left=60, stop=threading.Event())
"""


def living(mark: str) -> list[int]:
    """Processes whose environment or arguments hold `mark`, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if mark.encode() in words:
                found.append(int(entry.name))
    return found


def wait_until(condition, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.one_database
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_when_the_sandbox_dies_its_builds_die_with_it(tmp_path, how):
    nap = f"47.{os.getpid()}{int(how)}"  # seconds, and what these processes are told by
    script = f"/bin/sleep {nap} & /bin/sleep {nap}"
    sandbox = subprocess.Popen([sys.executable, "-c", SANDBOX, str(tmp_path), script])
    try:
        wait_until(lambda: len(living(f"sleep\0{nap}")) == 2)
        sandbox.send_signal(how)
        sandbox.wait(5)
        wait_until(lambda: living(f"sleep\0{nap}") == [], 2)
    finally:
        sandbox.kill()
        for pid in living(f"sleep\0{nap}"):
            os.kill(pid, signal.SIGKILL)
