"""`manage.py setup_database`: roles, tables, rights. Run as the owner, before every start of a new
version."""

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import ProgrammingError, connection, transaction

from audit import grants


class Command(BaseCommand):
    help = (
        "Create the database roles where permitted, migrate, create the cache table and grant each role "
        "what it needs and no more. Safe to run again."
    )

    def handle(self, *args, **options):
        quiet = {"verbosity": options["verbosity"], "stdout": self.stderr}
        postgresql = connection.vendor == "postgresql"
        if postgresql:
            self._roles()
        call_command("migrate", interactive=False, **quiet)
        call_command("createcachetable", **quiet)
        if postgresql:
            self._rights()
        if options["verbosity"]:
            self.stderr.write("the database is set up")

    def _roles(self) -> None:
        """Where the owner may not create roles, a database administrator has done so, or the grants will say
        so."""
        with connection.cursor() as cursor:
            for role in grants.ROLES:
                try:
                    with transaction.atomic():
                        cursor.execute(grants.role_sql(role))
                except ProgrammingError as error:
                    self.stderr.write(f"{role} was not created: {str(error).splitlines()[0]}")

    def _rights(self) -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
            tables = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = current_schema()")
            sequences = [row[0] for row in cursor.fetchall()]
            cursor.execute("SELECT current_schema()")
            (schema,) = cursor.fetchone()
            for statement in grants.grant_sql(tables, sequences, schema) + self._ownership(
                cursor, tables, schema
            ):
                cursor.execute(statement)

    def _ownership(self, cursor, tables: list[str], schema: str) -> list[str]:
        """Hand the tables over only where we may: a superuser's run, as in the tests and a first set-up."""
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        (superuser,) = cursor.fetchone()
        return grants.owner_sql(tables, schema) if superuser else []
