"""Requests to try an account are worth nothing after a day; what was seen is with the account and in the log."""

from datetime import timedelta

from kernel.clock import raw_now
from pipelines.models import ConnectionTest

KEPT = timedelta(hours=25)  # longer than an Idempotency-Key, whose answer is read from the row


def forget_connection_tests() -> int:
    """Delete them; how many."""
    return ConnectionTest.objects.filter(expires_at__lt=raw_now() - KEPT).delete()[0]
