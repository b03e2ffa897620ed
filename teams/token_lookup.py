"""Finding a bearer token, its owner and the time in one query."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import DateTimeField, Func, IntegerField, Subquery, Value

from kernel.models import ClockOffset
from teams.models import ApiToken
from teams.tokens import digest, is_well_formed


class DatabaseNow(Func):
    """The database's clock inside a query, as `kernel.clock.raw_now()` reads it outside one."""

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


def find_token(secret: str) -> tuple[ApiToken, datetime] | None:
    """The token of that secret with its person or application, and the clock that decisions are taken by.

    None when there is none. A secret whose checksum is wrong is refused without asking the database.
    """
    if not is_well_formed(secret):
        return None
    offset = Value(0, output_field=IntegerField())
    if settings.CLOCK_MAY_MOVE:
        offset = Subquery(ClockOffset.objects.values("seconds")[:1])
    token = (
        ApiToken.objects.filter(digest=digest(secret))
        .select_related("person", "application")
        .annotate(read_at=DatabaseNow(), clock_offset=offset)
        .first()
    )
    if token is None:
        return None
    return token, token.read_at + timedelta(seconds=token.clock_offset or 0)
