"""The command that `python -m bench` becomes once its settings stand: sets the database up, runs the benches."""

import time

from django.core.management.base import BaseCommand
from django.db import connections

from bench import export, inbox, ingest, seal, start, vote
from bench.lines import say
from bench.place import place
from bench.size import FULL, QUICK

BENCHES = {
    "ingest": ingest.measure,
    "start": start.measure,
    "vote": vote.measure,
    "inbox": inbox.measure,
    "export": export.measure,
    "seal": seal.measure,
}


class Command(BaseCommand):
    help = "Measure each figure beside its floor; JSON lines on stdout, progress on stderr."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("names", nargs="*", choices=[[], *BENCHES], help="which; without one, all")
        parser.add_argument("--quick", action="store_true", help="tiny numbers: does it run at all?")

    def handle(self, *args, names, quick, **options):
        # As the owner, in a process of its own: this one stays what the web server is.
        place.run("setup_database", RELEASEGATE_DATABASE_ROLE="owner")
        for name in names or BENCHES:
            began = time.monotonic()
            for found in BENCHES[name](QUICK if quick else FULL):
                say(found)
            place.stop()
            self.stderr.write(f"{name}: {time.monotonic() - began:.0f} s")
        connections.close_all()
