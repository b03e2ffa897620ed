"""`manage.py worker --pool prod`: one worker process; only accounts of its pool are served by it."""

import logging
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from releasegate.processes import WorkerPart, run


class Command(BaseCommand):
    help = "Carry out deployments of one pool (and the work that needs no pool)."

    def add_arguments(self, parser):
        parser.add_argument("--pool", required=True, help="the pool as accounts name it; * serves every pool")
        parser.add_argument("--threads", type=int, default=4, help="deployments advanced at the same time")
        parser.add_argument("--alive-file", type=Path, help="touched every few seconds while all is well")

    def handle(self, *args, pool, threads, alive_file=None, **options):
        if threads < 1:
            raise CommandError("--threads must be at least 1.")
        logging.getLogger(__name__).info("worker of pool %s starts", pool)
        run(WorkerPart(pool, threads=threads), alive_file)
