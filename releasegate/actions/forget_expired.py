"""Stored answers older than a day and counters of past minutes have no more use."""

import time

from kernel import idempotency, rate_limit


def forget_expired(at: float | None = None) -> int:
    """Delete them; how many rows went. Failures that no event tells of yet stay. `at`: Unix seconds."""
    minute = int((time.time() if at is None else at) // 60)
    return idempotency.forget_expired() + rate_limit.forget_before(minute - 60)
