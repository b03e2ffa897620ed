"""Finding a bearer token, its owner and the time in one query."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import IntegerField, Subquery, Value

from kernel.clock import DatabaseNow
from kernel.models import ClockOffset
from teams.models import ApiToken
from teams.tokens import digest, is_well_formed


def find_token(secret: str) -> tuple[ApiToken, datetime] | None:
    """The token of that secret with its person, if it has one, and the clock that decisions are taken by.

    None when there is none. A secret whose checksum is wrong is refused without asking the database.
    """
    if not is_well_formed(secret):
        return None
    offset = Value(0, output_field=IntegerField())
    if settings.CLOCK_MAY_MOVE:
        offset = Subquery(ClockOffset.objects.values("seconds")[:1])
    token = (
        ApiToken.objects.filter(digest=digest(secret))
        .select_related("person")
        .annotate(read_at=DatabaseNow(), clock_offset=offset)
        .first()
    )
    if token is None:
        return None
    return token, token.read_at + timedelta(seconds=token.clock_offset or 0)
