"""Remember when a token was last used, at most once a minute."""

from datetime import datetime, timedelta

from django.db.models import Q

from teams.models import ApiToken

EVERY = timedelta(seconds=60)


def touch_token(*, token: ApiToken, at: datetime) -> bool:
    """Set `last_used_at` to `at` unless that was done in the last minute; True when it was written.

    No audit event: it changes nothing that anybody decides by. A mark in the future (the clock was moved
    back) is replaced.
    """
    seen = token.last_used_at
    if seen is not None and seen <= at < seen + EVERY:
        return False
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - EVERY) | Q(last_used_at__gt=at)
    return ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=at) == 1
