"""`manage.py createadmin`: the first administrator, who makes everybody else."""

import getpass
import sys

from django.core.management.base import BaseCommand, CommandError

from kernel.actor import Actor
from kernel.permissions import ADMINISTRATOR
from kernel.refusals import Refusal
from teams.actions.create_person import create_person


class Command(BaseCommand):
    help = "Create an administrator. Asks for what no flag gives; the password is never a flag."

    def add_arguments(self, parser):
        """The flags; scripts give all of them and the password on standard input."""
        parser.add_argument("--username")
        parser.add_argument("--email")
        parser.add_argument("--name")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args, username, email, name, password_stdin, **options):
        """Create the person, or end with the reason and exit code 1."""
        password = sys.stdin.readline().rstrip("\n") if password_stdin else None
        username = username or self._ask("Username: ")
        email = email or self._ask("E-mail: ")
        name = name or self._ask("Full name: ")
        try:
            person = create_person(
                actor=Actor.system("createadmin"),
                username=username,
                email=email,
                name=name,
                password=password if password_stdin else self._ask_password(),
                roles=[ADMINISTRATOR],
            )
        except Refusal as refusal:
            lines = [error["detail"] for error in refusal.errors] or [refusal.detail]
            raise CommandError(" ".join(lines)) from refusal
        self.stdout.write(f"{person.username} is an administrator and can sign in now.")

    def _ask(self, question: str) -> str:
        try:
            return input(question).strip()
        except EOFError as error:
            raise CommandError("Give --username, --email, --name and --password-stdin.") from error

    def _ask_password(self) -> str:
        first = getpass.getpass("Password: ")
        if first != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ.")
        return first
