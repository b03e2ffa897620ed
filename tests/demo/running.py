"""A demo as a child process: started as a person starts it, read as a script reads it, ended by a signal."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.journeys.wire import Api

ROOT = Path(__file__).resolve().parent.parent.parent
LOGS = ROOT / "build" / "journeys"
COMMAND = [sys.executable, "manage.py"]
PATIENCE_SECONDS = 180  # a machine that is busy with other things is no reason to fail


class Demo:
    """`said`: the one JSON object; `ready_after`: seconds on the wall until it came, for people to read;
    `worked`: seconds of processor time it took for it, which a test may judge: a busy machine does not add to it;
    `log`: everything on stderr."""

    def __init__(self, data_dir: Path, *flags: str, env: dict[str, str] | None = None):
        self.data_dir = data_dir
        began = time.monotonic()
        self.process, self.log = launch(data_dir, *flags, env=env)
        self.line = self._first_line(PATIENCE_SECONDS)
        self.ready_after = time.monotonic() - began
        self.worked = sum(map(processor_seconds, self.processes()))
        self.said = json.loads(self.line)

    def _first_line(self, seconds: float) -> str:
        if select.select([self.process.stdout], [], [], seconds)[0]:
            line = self.process.stdout.readline().decode()
            if line:
                return line
        self.kill()
        raise AssertionError(f"the demo did not start: {self.log.read_text()[-3000:]}")

    @property
    def url(self) -> str:
        return self.said["url"]

    @property
    def aws(self) -> str:
        return self.said["aws"]["endpoint_url"]

    def person(self, username: str) -> Api:
        return Api(self.url, self.said["users"][username]["token"])

    def ci(self, application: str) -> Api:
        return Api(self.url, self.said["application_tokens"][application])

    def processes(self) -> list[int]:
        """Every living process of its session: itself and whatever it started."""
        return living(self.process.pid)

    def resident(self) -> int:
        """Bytes of memory that all its processes hold together."""
        pages = [int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in self.processes()]
        return sum(pages) * os.sysconf("SC_PAGESIZE")

    def end(self, how: int = signal.SIGINT) -> float:
        """Send the signal to it alone, as Ctrl-C's target; seconds until it was gone."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(30)
        return time.monotonic() - began

    def kill(self) -> None:
        """kill -9 of it and all its children."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.process.stdout.close()


def processor_seconds(pid: int) -> float:
    """Processor time of a process, its threads and those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def living(session: int) -> list[int]:
    """Processes of a session that are not zombies, in whatever process group."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:  # it ended while we looked
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def launch(data_dir: Path, *flags: str, env: dict[str, str] | None = None) -> tuple[subprocess.Popen, Path]:
    """The command as a process of its own session, its stdout a pipe; and the file that gets its stderr."""
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"demo-{os.getpid()}-{time.time_ns()}.log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            [*COMMAND, "demo", "--port", "0", "--json", "--data-dir", str(data_dir), *flags],
            cwd=ROOT,
            env=surroundings() | (env or {}),
            stdout=subprocess.PIPE,
            stderr=err,
            start_new_session=True,
        )
    return process, log


def surroundings() -> dict[str, str]:
    """A newcomer's shell: nothing of this test run's own settings."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ}


def run(
    data_dir: Path, *flags: str, command: str = "demo", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """A start that is expected to end by itself, refused."""
    return subprocess.run(
        [*COMMAND, command, "--port", "0", "--data-dir", str(data_dir), *flags],
        cwd=ROOT,
        env=surroundings() | (env or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )
