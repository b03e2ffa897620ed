"""What `manage.py demo` becomes: everything in this process, until Ctrl-C."""

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from releasegate.demo import start
from releasegate.demo.stack import Stack
from releasegate.demo.welcome import welcome


class Command(BaseCommand):
    help = "Not for you: `manage.py demo` starts this with the demo's own settings."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--host", required=True)
        parser.add_argument("--port", type=int, required=True)
        parser.add_argument("--data-dir", required=True)
        parser.add_argument("--reset", action="store_true")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args, host, port, data_dir, reset, **options):
        if not settings.DEMO or settings.MODE != "embedded" or settings.AWS_ENDPOINT_URL:
            raise CommandError("Start the demo with `manage.py demo`.")
        data_dir = Path(data_dir)
        try:
            lock = start.prepare(data_dir, reset=reset)
        except start.DataDirRefused as refused:
            raise CommandError(str(refused)) from refused
        known = (data_dir / start.MEMORY).exists()
        self.stderr.write(
            "Starting Release Gate and its sandbox AWS"
            + ("…" if known else "; the first time takes half a minute…")
        )
        with lock, RealStdout() as out:
            self._run(host, port, data_dir, out, as_json=options["json"])
        os._exit(0)  # no thread of the broker's client may keep the process for longer than it takes

    def _run(self, host: str, port: int, data_dir: Path, out, *, as_json: bool) -> None:
        told, wake = threading.Event(), threading.Event()

        def end(*_):
            told.set()
            wake.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, end)
        began = time.monotonic()
        stack = self._stack(host, port)
        settings.PUBLIC_URL = (
            f"http://localhost:{stack.port}"  # known only now; passkeys and links are made for it
        )
        # Beside this thread, so that Ctrl-C in the middle of the seed is heard at once; the next start goes on.
        beginning = ThreadPoolExecutor(1).submit(_begin, stack, data_dir)
        beginning.add_done_callback(lambda _: wake.set())
        _sleep(wake)
        if not told.is_set():
            said = beginning.result()
            seconds = time.monotonic() - began
            words = json.dumps(said) if as_json else welcome(said, seconds, waits=start.waits())
            out.write(words + "\n")
            out.flush()
            _sleep(told)
        stack.stop()

    def _stack(self, host: str, port: int) -> Stack:
        try:
            return Stack(host, port)
        except OSError as error:
            raise CommandError(f"{host}:{port} cannot be used: {error.strerror}. Try --port.") from error


def _begin(stack: Stack, data_dir: Path) -> dict:
    """Migrate, start every part, seed what is missing; what `--json` says."""
    call_command("setup_database", verbosity=0)
    known = start.open_memory(data_dir)
    stack.start()
    laid = start.seed(stack, known, data_dir / start.MEMORY)
    return start.announcement(stack, known, laid)


def _sleep(event: threading.Event) -> None:
    """Until the event; in pieces, because a wait without an end keeps signals from being heard."""
    while not event.wait(3600):
        pass


class RealStdout:
    """Whatever anybody prints goes to stderr; what is entered is the real stdout, for the one answer."""

    def __enter__(self):
        self.real = os.fdopen(os.dup(1), "w")
        sys.stdout.flush()
        os.dup2(2, 1)
        return self.real

    def __exit__(self, *_):
        self.real.close()
