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
from deployments.actions.answer_account_test import answer_account_test
from deployments.actions.beat import beat
from deployments.actions.forget_exports import forget_exports
from deployments.actions.make_export import make_export
from kernel.clock import raw_now
from pipelines.sessions import sessions

log = logging.getLogger(__name__)

SHORTEST = 0.02  # seconds between two looks at the least
_here: list["Sweeper"] = []  # of this process


def nudge() -> None:
    """A row of this process's was just given back and may be due in a moment: look at the times again."""
    for sweeper in _here:
        sweeper.wake.set()


def nudge_exporter() -> None:
    """Somebody asked for an export: one of this process's threads looks for it at once."""
    for sweeper in _here:
        sweeper.wake_exporter.set()


def pools_here() -> tuple[str, ...] | None:
    """The pools that this process serves; None: every one."""
    found = [sweeper.pools for sweeper in _here]
    return None if None in found else tuple(pool for pools in found for pool in pools)


class Sweeper:
    """`pool` "*" serves every pool (the embedded mode). `start()` returns at once; `stop()` waits for the threads."""

    def __init__(self, pool: str, worker: str, threads: int = 4):
        self.pools = None if pool == "*" else (pool,)
        self.pool, self.worker = pool, worker
        self.stopping = threading.Event()
        self.executor = ThreadPoolExecutor(threads, thread_name_prefix="advance")
        self.running: set[str] = set()
        self.lock = threading.Lock()
        self.wake, self.wake_exporter = threading.Event(), threading.Event()
        self.threads = [
            threading.Thread(target=self._loop, args=(self._sweep, self.wake), name="sweeper", daemon=True),
            threading.Thread(
                target=self._loop, args=(self._beat, self.stopping), name="worker-beat", daemon=True
            ),
            threading.Thread(
                target=self._loop, args=(self._expire, self.stopping), name="expirer", daemon=True
            ),
            threading.Thread(
                target=self._loop, args=(self._export, self.wake_exporter), name="exporter", daemon=True
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
        self.wake_exporter.set()
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
            if interrupt.wait(max(SHORTEST, pause)) and interrupt is not self.stopping:
                interrupt.clear()
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
            self._submit(self._advance, deployment_id)
        for test_id in sweeping.due_tests(self.pools):
            self._submit(self._answer, test_id)
        return self._until_next()

    def _export(self) -> float:
        """One export after the other, in a thread of their own: a long one keeps no deployment waiting."""
        for export_id in sweeping.due_exports():
            if self.stopping.is_set():
                break
            make_export(export_id, worker=self.worker)
        forget_exports()
        return settings.SWEEP_SECONDS

    def _submit(self, work, row_id: str) -> None:
        """Do `work(row_id)` in a thread of the pool, unless this row is being worked on already."""
        with self.lock:
            if row_id in self.running:
                return
            self.running.add(row_id)
        self.executor.submit(self._run, work, row_id)

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
        advance(deployment_id, worker=f"{self.worker}/{threading.get_ident()}", pools=self.pools)

    def _answer(self, test_id: str) -> None:
        answer_account_test(test_id, pools=self.pools, worker=self.worker, sessions=sessions())

    def _run(self, work, row_id: str) -> None:
        try:
            work(row_id)
        except Exception:
            log.exception("work on %s failed", row_id)
        finally:
            connections.close_all()
            with self.lock:
                self.running.discard(row_id)
            self.wake.set()
