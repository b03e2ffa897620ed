"""`manage.py beat`: the scheduler. Two at once do no harm: everything it rings for is idempotent."""

from pathlib import Path

from django.core.management.base import BaseCommand

from releasegate.processes import BeatPart, run


class Command(BaseCommand):
    help = "Ring the periodic bells."

    def add_arguments(self, parser):
        parser.add_argument("--alive-file", type=Path, help="touched every few seconds while all is well")

    def handle(self, *args, alive_file=None, **options):
        run(BeatPart(), alive_file)
