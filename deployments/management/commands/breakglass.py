"""`manage.py breakglass`: the same act on the server, for when nobody can sign in."""

from datetime import timedelta

from django.core.management.base import BaseCommand, CommandError

from deployments.actions.break_glass import break_glass
from deployments.bypass import HOURS
from kernel.actor import Method
from kernel.clock import now
from kernel.refusals import Refusal
from teams.models import Person
from teams.queries import actor_for_person


class Command(BaseCommand):
    help = (
        "Let one release into one environment past its gates, when sign-in is down. Same rules, same record."
    )

    def add_arguments(self, parser):
        """The person is named and needs the same right as on the page; `--skip` may be given several times."""
        parser.add_argument("application")
        parser.add_argument("release", help="its version")
        parser.add_argument("environment", help="its name")
        parser.add_argument("--as", dest="username", required=True, help="username of who breaks the glass")
        parser.add_argument("--reason", required=True, help="at least 20 characters")
        parser.add_argument("--incident", required=True)
        parser.add_argument(
            "--skip", action="append", help="order, standards, people or window; all unless given"
        )
        parser.add_argument("--hours", type=int, choices=HOURS, default=1)
        parser.add_argument("--drill", action="store_true")

    def handle(self, *args, username, hours, release, **options):
        """Says which deployment it is and when it must be reviewed, or ends with the reason and exit code 1."""
        person = Person.objects.filter(username=username, is_active=True).first()
        if person is None:
            raise CommandError("There is no active person of this username.")
        actor = actor_for_person(person, method=Method.SYSTEM, ip=None, request_id="manage.py breakglass")
        names = ("application", "environment", "reason", "incident", "skip", "drill")
        values = {name: options[name] for name in names}
        try:
            row = break_glass(actor=actor, version=release, until=now() + timedelta(hours=hours), **values)
        except Refusal as refusal:
            lines = [error["detail"] for error in refusal.errors] or [refusal.detail]
            raise CommandError(" ".join(lines)) from refusal
        self.stdout.write(f"{row.deployment_id} is let through until {row.until:%Y-%m-%d %H:%M} UTC.")
        self.stdout.write(f"Somebody else reviews it ({row.pk}) by {row.due_at:%Y-%m-%d %H:%M} UTC.")
