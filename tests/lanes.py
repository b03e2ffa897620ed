"""Which of the two runs, on SQLite and on PostgreSQL, a test belongs to.

What cannot tell one database from the other runs once, with SQLite: what is marked so, and in the folders below every
test that asks for no database, by a mark or a fixture in its signature. pytest-django lets such a test reach none, so
there is nothing in it that a second run could find.
"""

from collections.abc import Collection
from pathlib import PurePath

DOORS = frozenset({"db", "transactional_db", "django_db_setup", "private_postgres", "live_server"})
# Elsewhere (demo, journeys, faults, …) a test starts processes that have a database without asking pytest for one.
IN_PROCESS = {
    "approvals",
    "architecture",
    "audit",
    "aws",
    "builds",
    "cli",
    "deployments",
    "insights",
    "kernel",
}
IN_PROCESS |= {"pipelines", "releases", "static", "teams", "templates"}


def unwanted(kind: str, *, marks: Collection[str], fixtures: Collection[str], path: PurePath) -> bool:
    """Whether the run on `kind` (sqlite or postgres) leaves out a test with these marks and fixtures, those that its
    fixtures ask for included. `path`: of its file, below tests/."""
    if kind == "sqlite":
        return "postgresql" in marks
    if "one_database" in marks:
        return True
    reaches_one = "django_db" in marks or "postgresql" in marks or not DOORS.isdisjoint(fixtures)
    return path.parts[0] in IN_PROCESS and not reaches_one
