"""Stored answers and connection tests older than a day and counters of past minutes have no more use."""

from kernel import idempotency, rate_limit
from kernel.clock import raw_now
from pipelines.actions.forget_connection_tests import forget_connection_tests


def forget_expired(at: float | None = None) -> int:
    """Delete them; how many rows went. Failures that no event tells of yet stay. `at`: Unix seconds."""
    minute = int((raw_now().timestamp() if at is None else at) // 60)
    return idempotency.forget_expired() + rate_limit.forget_before(minute - 60) + forget_connection_tests()
