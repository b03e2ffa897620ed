"""The test database: made by its owner, used as the production role, emptied past append-only triggers."""

import contextlib
import os
from collections.abc import Iterator
from urllib.parse import quote

from django.db import IntegrityError, ProgrammingError, connection, transaction

from audit.grants import APP, ROLES, SEALER, grant_sql, role_sql
from tests.environment import HOME

# Rows that migrations and post_migrate put there and every test may rely on.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}


def is_postgres() -> bool:
    return connection.vendor == "postgresql"


def name_for(worker: str) -> str:
    """What this process's test database is called: unlike any other run's on the same server."""
    if os.environ["RELEASEGATE_TEST_DB"] == "sqlite":
        return str(HOME / f"{worker}.sqlite3")
    return f"rgtest_{os.getpid()}_{worker}"


def enter_production_role() -> None:
    """On PostgreSQL: make the roles, grant what they may, and go on as the application's."""
    if not is_postgres():
        return
    with connection.cursor() as cursor:
        for role in ROLES:
            with contextlib.suppress(IntegrityError, ProgrammingError):  # another run makes it this instant
                cursor.execute(role_sql(role))
        tables = connection.introspection.table_names(cursor)
        cursor.execute("SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'")
        for statement in grant_sql(tables, [row[0] for row in cursor.fetchall()]):
            cursor.execute(statement)
    use_role(APP)


def use_role(role: str | None) -> None:
    """Every new connection of this process, whatever the thread, acts as `role` (None: as who logged in)."""
    if not is_postgres():
        return
    connection.close()
    options = connection.settings_dict["OPTIONS"]
    options.pop("options", None)
    if role:
        options["options"] = f"-c role={role}"


@contextlib.contextmanager
def acting_as(role: str) -> Iterator[None]:
    """Inside, this connection acts as `role` ("none": with its login's rights). Does nothing on SQLite."""
    if not is_postgres():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET ROLE {role}")
    try:
        yield
    finally:
        # An aborted transaction takes no command; its rollback restores the role by itself.
        if connection.connection.info.transaction_status.name != "INERROR":
            with connection.cursor() as cursor:
                cursor.execute(f'SET ROLE "{before}"')


def as_owner() -> contextlib.AbstractContextManager[None]:
    """For tests that tamper as a superuser would, and for emptying tables."""
    return acting_as("none")


def as_sealer() -> contextlib.AbstractContextManager[None]:
    """For tests that seal in this process; production's sealer is a process of its own with this role."""
    return acting_as(SEALER)


def address(role: str | None = None) -> str:
    """DATABASE_URL of this process's test database, for a child process; `role` as in `use_role`."""
    settings = connection.settings_dict
    if not is_postgres():
        return f"sqlite:///{settings['NAME']}"
    login = quote(settings["USER"]) + (f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else "")
    place = f"{settings['HOST']}:{settings['PORT'] or 5432}/{settings['NAME']}"
    return f"postgres://{login}@{place}" + (f"?role={role}" if role else "")


def drop_abandoned() -> None:
    """Remove databases that killed runs of this machine left on the server."""
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'rgtest\\_%%'")
        for (name,) in cursor.fetchall():
            pid = name.split("_")[1]
            if pid.isdigit() and not os.path.exists(f"/proc/{pid}"):
                cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


class Seed:
    """The rows that migrations left in our tables, put back after each emptying."""

    def __init__(self):
        self.rows: dict[str, tuple[list[str], list[tuple]]] = {}
        with connection.cursor() as cursor:
            for table in _filled(cursor):
                cursor.execute(f'SELECT * FROM "{table}"')
                self.rows[table] = ([column[0] for column in cursor.description], cursor.fetchall())

    def restore(self, cursor) -> None:
        for table, (columns, rows) in self.rows.items():
            names = ", ".join(f'"{column}"' for column in columns)
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({marks})', rows)


def _filled(cursor) -> list[str]:
    """Tables with at least one row, without those in KEPT."""
    tables = sorted(set(connection.introspection.table_names(cursor)) - KEPT)
    if not tables:
        return []
    cursor.execute(" UNION ALL ".join(f"SELECT '{t}' WHERE EXISTS (SELECT 1 FROM \"{t}\")" for t in tables))
    return [row[0] for row in cursor.fetchall()]


def empty(seed: Seed | None) -> None:
    """What Django's flush does, but past the append-only triggers, and only for tables that hold rows."""
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        tables = _filled(cursor)
        (_empty_postgres if is_postgres() else _empty_sqlite)(cursor, tables)
        if seed is not None:
            seed.restore(cursor)


def _empty_postgres(cursor, tables: list[str]) -> None:
    if not tables:
        return
    cursor.execute(
        "SET LOCAL lock_timeout = '10s'"
    )  # a forgotten open transaction fails the test, not the run
    cursor.execute(
        "SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE NOT t.tgisinternal AND pg_table_is_visible(c.oid)"
    )
    guarded = [f'"{row[0]}"' for row in cursor.fetchall()]
    for table in guarded:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    names = ", ".join(f'"{table}"' for table in tables)
    cursor.execute(f"TRUNCATE {names} RESTART IDENTITY CASCADE")
    for table in guarded:
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _empty_sqlite(cursor, tables: list[str]) -> None:
    if not tables:
        return
    cursor.execute("PRAGMA defer_foreign_keys = ON")
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = cursor.fetchall()
    for name, _ in triggers:
        cursor.execute(f'DROP TRIGGER "{name}"')
    for table in tables:
        cursor.execute(f'DELETE FROM "{table}"')
    for _, text in triggers:
        cursor.execute(text)
