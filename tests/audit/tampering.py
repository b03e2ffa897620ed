"""What somebody with every right on the database can do, triggers or not."""

from django.db import connection

from audit import triggers
from tests.database import as_owner


def tamper(sql: str, parameters=()) -> int:
    """Run one statement as a superuser who takes the triggers off and puts them back; the rows it touched."""
    with as_owner():
        triggers.remove(connection)
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            touched = cursor.rowcount
        triggers.install(connection)
    return touched
