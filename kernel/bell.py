"""Waking a worker up, by name, with an id and nothing else. A lost bell costs one sweep, never a deployment.

Ringing never raises and never blocks: a daemon thread of this process talks to the broker, behind a circuit
breaker, so a vote committed while Redis is down is answered at once (product invariant 6).
"""

import os
import queue
import threading
import time

from celery import current_app
from django.conf import settings
from django.db import transaction

OPEN_FOR = 2.0  # seconds the breaker stays open after a failed send
LIMIT = 10_000  # bells waiting in this process; beyond that they are dropped, the sweeper finds the work


class _Ringer:
    def __init__(self):
        self.pid = None
        self.queue: queue.Queue = queue.Queue(LIMIT)
        self.lock = threading.Lock()
        self.closed_until = 0.0
        self.failed = 0

    def put(self, bell: tuple) -> None:
        # A forked child inherits the queue but not the thread: start one per process.
        if self.pid != os.getpid():
            with self.lock:
                if self.pid != os.getpid():
                    self.queue = queue.Queue(LIMIT)
                    threading.Thread(target=self._run, args=(self.queue,), name="bell", daemon=True).start()
                    self.pid = os.getpid()
        try:
            self.queue.put_nowait(bell)
        except queue.Full:
            self.failed += 1

    def _run(self, bells: queue.Queue) -> None:
        while True:
            task, argument, to = bells.get()
            if time.monotonic() < self.closed_until:
                self.failed += 1
                continue
            try:
                current_app.send_task(task, args=[argument], queue=to, retry=False, ignore_result=True)
            # Whatever the broker did: the row is in the database, and the sweeper will see it.
            except Exception:  # noqa: BLE001 - nothing a broker does may end this thread
                self.failed += 1
                self.closed_until = time.monotonic() + OPEN_FOR


_ringer = _Ringer()


def ring(task: str, argument: str, *, queue: str) -> None:
    """Ask for `task(argument)` on `queue` once the current transaction has committed (without one: now)."""
    to = "default" if settings.SINGLE_QUEUE else queue
    transaction.on_commit(lambda: _ringer.put((task, argument, to)), robust=True)
