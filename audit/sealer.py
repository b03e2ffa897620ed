"""The sealer as a loop: a thread of the embedded mode, or the process of `manage.py sealer`."""

import logging
import threading
from datetime import timedelta
from pathlib import Path
from time import monotonic

from django.conf import settings
from django.db import DatabaseError, connections

from audit.actions.append import AuditUnavailable
from audit.actions.heartbeat import heartbeat
from audit.actions.report import report
from audit.actions.seal import BATCH, seal_once
from audit.integrity import LogMismatch, check_whole_log
from audit.signer import Signer
from audit.tags import Kind
from kernel.clock import now

log = logging.getLogger(__name__)

RECENT = timedelta(minutes=2)  # where the usual search for unsealed events begins
REPORT_SECONDS = 5.0


class SealerLoop(threading.Thread):
    """Seals every `SEAL_SECONDS` until `stop()`; checks the whole log first; heartbeats every
    `HEARTBEAT_SECONDS`.

    After a mismatch it signs nothing any more: `mismatch` holds the reason, `/readyz` shows it, the log has
    an alarm. `alive_file`, where given, is touched while all is well; a health check looks at its age.
    """

    def __init__(self, signer: Signer, alive_file: Path | None = None):
        super().__init__(name="sealer", daemon=True)
        self.signer = signer
        self.alive_file = alive_file
        self.mismatch = ""
        self._ending = threading.Event()
        self._checked = False
        self._next_beat = self._next_report = self._next_full = 0.0

    def stop(self, timeout: float = 5.0) -> None:
        """Ask the loop to end and wait for the batch in hand, at most `timeout` seconds."""
        self._ending.set()
        if self.is_alive():
            self.join(timeout)

    def request_stop(self) -> None:
        """Ask the loop to end, without waiting (safe in a signal handler)."""
        self._ending.set()

    def run(self) -> None:
        """Tick until asked to end. A database that is away is waited for; nothing else is swallowed."""
        try:
            while not self._ending.is_set():
                sealed = self._guarded_tick()
                if sealed < BATCH:
                    self._ending.wait(settings.SEAL_SECONDS)
        finally:
            connections.close_all()

    def tick(self) -> int:
        """One round: the check at the start, a heartbeat if due, one batch; the number of events sealed.
        Raises LogMismatch, DatabaseError or AuditUnavailable."""
        if self.mismatch:
            return 0
        if not self._checked:
            check_whole_log(self.signer.key)
            heartbeat(self.signer, Kind.LOG_SEALED)
            self._report(verified=True)
            self._next_beat = monotonic() + settings.HEARTBEAT_SECONDS
            self._checked = True
        if monotonic() >= self._next_beat:
            heartbeat(self.signer)
            self._next_beat = monotonic() + settings.HEARTBEAT_SECONDS
        sealed = seal_once(self.signer, self._since())
        self._alive()
        return sealed

    def _guarded_tick(self) -> int:
        try:
            return self.tick()
        except LogMismatch as error:
            self.mismatch = str(error)
            log.critical("the audit log does not match what was signed; sealing has stopped: %s", error)
            self._report()
        except (DatabaseError, AuditUnavailable):
            log.exception("the sealer cannot reach the database; it tries again")
            connections.close_all()
        return 0

    def _since(self):
        """Usually the last two minutes; every five minutes, and at first, everything."""
        if monotonic() >= self._next_full:
            self._next_full = monotonic() + settings.HEARTBEAT_SECONDS
            return None
        return now() - RECENT

    def _alive(self) -> None:
        if monotonic() < self._next_report:
            return
        self._next_report = monotonic() + REPORT_SECONDS
        self._report()
        if self.alive_file is not None:
            self.alive_file.touch()

    def _report(self, *, verified: bool = False) -> None:
        try:
            report(self.mismatch, verified=verified)
        except DatabaseError:
            log.exception("the sealer cannot report how it is")
