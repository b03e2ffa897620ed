"""`manage.py beat`: the scheduler. Two at once do no harm: everything it rings for is idempotent."""

from django.core.management.base import BaseCommand

from releasegate.processes import BeatPart, run


class Command(BaseCommand):
    help = "Ring the periodic bells."

    def handle(self, *args, **options):
        run(BeatPart())
