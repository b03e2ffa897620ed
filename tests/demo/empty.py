"""The embedded mode with nobody in it: `python -m tests.demo.empty DATA_DIR` prints where it and its sandbox answer."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django

from tests.demo.running import COMMAND, LOGS, ROOT, surroundings


@dataclass(frozen=True)
class Empty:
    """A running server that knows nobody, and the sandbox AWS behind it."""

    url: str
    aws: str
    home: Path

    def manage(self, *command: str, stdin: str = "") -> subprocess.CompletedProcess:
        """A management command beside it, on its database."""
        return subprocess.run(
            [*COMMAND, *command],
            cwd=ROOT,
            env=settings_of(self.home),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
        )


def settings_of(home: Path) -> dict[str, str]:
    return surroundings() | {
        "DJANGO_SETTINGS_MODULE": "releasegate.settings",
        "RELEASEGATE_MODE": "embedded",
        "RELEASEGATE_DATA_DIR": str(home),
        "RELEASEGATE_POLL_SECONDS": "0.5",
        "RELEASEGATE_AUDIT_ORIGIN": "second.example/audit",
        "SECRET_KEY": "only-for-the-second-company",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def empty_server(home: Path) -> Iterator[Empty]:
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / "second-company.log"
    with log.open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.demo.empty"],
            cwd=ROOT,
            env=settings_of(home),
            stdout=subprocess.PIPE,
            stderr=err,
        )
    try:
        line = process.stdout.readline()
        assert line, log.read_text()[-3000:]
        yield Empty(**json.loads(line), home=home)
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    django.setup()
    # Only after the setup can these be imported: they read settings and models.
    from django.core.management import call_command

    from releasegate.demo.stack import Stack

    call_command("setup_database", verbosity=0, stdout=sys.stderr)
    stack = Stack("127.0.0.1", 0)
    stack.start()
    print(
        json.dumps({"url": f"http://localhost:{stack.port}", "aws": stack.sandbox.endpoint_url}), flush=True
    )
    told = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: told.set())
    told.wait()
    os._exit(0)


if __name__ == "__main__":
    main()
