"""The sweeper: a thread of every worker process that advances what is due, broker or no broker.

It runs before the consumer connects. Bells make things quick; this makes them certain. It also touches the
worker's row, which is how everybody knows that a pool is alive.
"""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.db import connections

from builds.tasks import sweep_artifacts
from deployments.actions import sweep as sweeping
from deployments.actions.advance import advance
from deployments.actions.beat import beat
from kernel.clock import raw_now

log = logging.getLogger(__name__)

SHORTEST = 0.02  # seconds between two looks at the least
_here: list["Sweeper"] = []  # of this process


def nudge() -> None:
    """A row of this process's was just given back and may be due in a moment: look at the times again."""
    for sweeper in _here:
        sweeper.wake.set()


class Sweeper:
    """`pool` "*" serves every pool (the embedded mode). `start()` returns at once; `stop()` waits for the threads."""

    def __init__(self, pool: str, worker: str, threads: int = 4):
        self.pools = None if pool == "*" else (pool,)
        self.pool, self.worker = pool, worker
        self.stopping = threading.Event()
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="advance")
        self.running: set[str] = set()
        self.lock = threading.Lock()
        self.wake = threading.Event()
        self.threads = [
            threading.Thread(target=self._loop, args=(self._sweep, self.wake), name="sweeper", daemon=True),
            threading.Thread(
                target=self._loop, args=(self._beat, self.stopping), name="worker-beat", daemon=True
            ),
            threading.Thread(
                target=self._loop, args=(self._expire, self.stopping), name="expirer", daemon=True
            ),
        ]

    def start(self) -> None:
        _here.append(self)
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        if self in _here:
            _here.remove(self)
        self.stopping.set()
        self.wake.set()
        for thread in self.threads:
            thread.join(timeout=10)
        self.executor.shutdown(wait=True, cancel_futures=True)

    def _loop(self, once, interrupt: threading.Event) -> None:
        """Run `once` for ever; it answers how long to wait. A database that is away is waited for, not died of."""
        while not self.stopping.is_set():
            try:
                pause = once()
            except Exception:
                log.exception("the sweeper stumbled; going on")
                connections.close_all()
                pause = 1.0
            if interrupt.wait(max(SHORTEST, pause)) and interrupt is self.wake:
                self.wake.clear()
        connections.close_all()

    def _beat(self) -> float:
        beat(worker=self.worker, pool=self.pool)
        return settings.WORKER_ALIVE_SECONDS / 4

    def _expire(self) -> float:
        sweeping.expire()
        sweep_artifacts()
        return settings.SWEEP_SECONDS

    def _sweep(self) -> float:
        for deployment_id in sweeping.due(self.pools, limit=100):
            with self.lock:
                if deployment_id in self.running:
                    continue
                self.running.add(deployment_id)
            self.executor.submit(self._advance, deployment_id)
        return self._until_next()

    def _until_next(self) -> float:
        """Seconds to the next row that falls due, at most one sweep."""
        with self.lock:
            busy = len(self.running)
        coming = sweeping.next_due(self.pools)
        if coming is None:
            return settings.SWEEP_SECONDS
        left = (coming - raw_now()).total_seconds()
        if left <= 0 and busy:
            left = 0.1  # what is due is being advanced already
        return min(settings.SWEEP_SECONDS, max(SHORTEST, left))

    def _advance(self, deployment_id: str) -> None:
        try:
            advance(deployment_id, worker=f"{self.worker}/{threading.get_ident()}")
        except Exception:
            log.exception("advance of %s failed", deployment_id)
        finally:
            connections.close_all()
            with self.lock:
                self.running.discard(deployment_id)
            self.wake.set()
