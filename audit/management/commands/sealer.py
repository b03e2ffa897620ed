"""`manage.py sealer`: seal the audit log until told to stop."""

import signal
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from audit.actions.seal import BATCH
from audit.integrity import LogMismatch
from audit.sealer import SealerLoop
from audit.signer import load_signer


class Command(BaseCommand):
    requires_system_checks = ()  # pages and targets are none of its business
    help = "Seal the audit log: give events their leaves and sign checkpoints. One is active, others wait."

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="seal what waits now, then end")
        parser.add_argument("--alive-file", type=Path, help="touched every few seconds while all is well")

    def handle(self, *args, once=False, alive_file=None, **options):
        loop = SealerLoop(load_signer(), alive_file)
        if once:
            self._once(loop)
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: loop.request_stop())
        self.stderr.write(f"sealing as {loop.signer.vkey}")
        loop.run()
        if loop.mismatch:
            raise CommandError(f"the log does not match what was signed: {loop.mismatch}")

    def _once(self, loop: SealerLoop) -> None:
        total = 0
        try:
            while (sealed := loop.tick()) == BATCH:
                total += sealed
        except LogMismatch as error:
            raise CommandError(f"the log does not match what was signed: {error}") from error
        self.stdout.write(f"sealed {total + sealed}")
