"""The child process of a build: a shell of its own session, told nothing but what the build says."""

import os
import shlex
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LOG_LIMIT_BYTES = 5 * 1024 * 1024
_POLL_S = 0.02
# Reads a pipe that only the sandbox holds open: at its end the sandbox is dead, and so is the build's whole
# process group. The script runs beside the watch, not above it, so that its own `wait` waits for its own.
_WATCHED = 'exec 3<&0 </dev/null; (read -r _ <&3; kill -9 0) & /bin/sh "$1" 3<&- & wait $!'


@dataclass
class Ended:
    """How a phase ended: SUCCEEDED, FAILED, TIMED_OUT or STOPPED, and the exit code if there is one."""

    status: str
    code: int | None = None


def clean_environment(home: Path) -> dict[str, str]:
    """The variables every build starts with: PATH, HOME and locale; no variable of ours is inherited."""
    path = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TMPDIR": str(home)}


def script_of(commands: list[str], last: list[str], state: Path) -> str:
    """One phase as a shell script: stops at the first failing command, then runs `finally`; its exports and
    directory are left for the next phase (version 0.2 runs all commands in one shell)."""
    exported, where = shlex.quote(str(state / "exports")), shlex.quote(str(state / "cwd"))
    lines = [f"[ -f {exported} ] && . {exported}", f'[ -f {where} ] && cd "$(cat {where})"']
    ends = "\n".join(last)
    lines.append(f"_finally() {{ code=$?; trap - EXIT; {ends or ':'}\nexit $code; }}")
    lines.append("trap _finally EXIT")
    lines.append("set -e")
    for command in commands:
        lines.append(f"printf '%s\\n' {shlex.quote('[Container] Running command ' + command)}")
        lines.append(command)
    lines.append(f"export -p > {exported}; pwd > {where}")
    return "\n".join(lines) + "\n"


def run(
    script: str,
    *,
    directory: Path,
    environment: dict[str, str],
    log: Path,
    seconds_left: float,
    stop: threading.Event,
) -> Ended:
    """Run a script with /bin/sh; output is appended to `log`. Its whole process group is killed at the end,
    and when this process dies, however it dies.

    `seconds_left` bounds it; `stop` ends it early (STOPPED).
    """
    path = log.with_suffix(".sh")
    path.write_text(script)
    lives, ours = os.pipe()  # neither end is inherited by what others start
    with log.open("ab") as sink, os.fdopen(ours, "wb"):
        try:
            child = subprocess.Popen(
                ["/bin/sh", "-c", _WATCHED, "build", str(path)],
                cwd=directory,
                env=environment,
                stdin=lives,
                stdout=sink,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                close_fds=True,
            )
        finally:
            os.close(lives)
        try:
            return _watch(child, log, seconds_left, stop)
        finally:
            kill_group(child.pid)
            child.wait()


def _watch(
    child: subprocess.Popen[bytes],
    log: Path,
    seconds_left: float,
    stop: threading.Event,
) -> Ended:
    ends = time.monotonic() + seconds_left
    while child.poll() is None:
        if stop.wait(_POLL_S):
            return Ended("STOPPED")
        if time.monotonic() >= ends:
            return Ended("TIMED_OUT")
        if log.stat().st_size > LOG_LIMIT_BYTES:
            return Ended("FAILED")
    return Ended("SUCCEEDED" if child.returncode == 0 else "FAILED", child.returncode)


def kill_group(group: int) -> None:
    """Kill what is left of a build's process group."""
    try:
        os.killpg(group, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return
