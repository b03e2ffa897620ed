"""Time is the database's: every process, whatever its own clock says, reads the same one.

`now()` is the database's now plus an offset that only tests and the demo may set; decisions use it.
`raw_now()` never moves; leases use it.
"""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import DateTimeField, Func

from kernel.models import ClockOffset, Heartbeat

SCHEDULER = "scheduler"  # its heartbeat travels through the broker and a worker: proof of all three


class DatabaseNow(Func):
    """The database's clock inside a query, as `raw_now()` reads it outside one."""

    function = "clock_timestamp"
    arity = 0
    output_field = DateTimeField()

    def as_sqlite(self, compiler, connection, **extra):
        return super().as_sql(
            compiler,
            connection,
            template="strftime('%%%%Y-%%%%m-%%%%dT%%%%H:%%%%M:%%%%f+00:00', 'now')",
            **extra,
        )


def raw_now() -> datetime:
    """The database's clock, microseconds on PostgreSQL, milliseconds on SQLite; aware, UTC."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            return cursor.fetchone()[0].astimezone(UTC)
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0])


def now() -> datetime:
    """The clock that decisions are taken by."""
    return decision_time(raw_now())


def decision_time(raw: datetime) -> datetime:
    """The same instant on the clock that decisions are taken by; `raw` may have come with a row (DatabaseNow)."""
    return raw + timedelta(seconds=_offset()) if settings.CLOCK_MAY_MOVE else raw


def silent_for(name: str) -> float | None:
    """Seconds since the part `name` last said that it lives, to the millisecond; None if it never did."""
    row = Heartbeat.objects.filter(name=name).first()
    return None if row is None else round(max(0.0, (raw_now() - row.seen_at).total_seconds()), 3)


def _offset() -> int:
    row = ClockOffset.objects.values_list("seconds", flat=True).first()
    return row or 0
