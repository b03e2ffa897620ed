"""How often a caller may ask: a counter row per subject and minute, from which processes draw in blocks.

A block costs one upsert in a transaction of its own, then a process serves that many requests from memory: a
request costs well under one query, two tokens never touch the same row, and nothing waits for a long request.
What a process drew and did not use is lost at the end of the minute, so a token may be refused a few requests
early when many processes serve it, and never gets more than its limit.
"""

import threading
import time

from django.db import connection

from kernel.models import RateBucket
from kernel.refusals import Refusal

BLOCKS = 100  # a block is this fraction of the limit, at least one request

_UPSERT = (  # the same words on PostgreSQL and SQLite (3.35+)
    "INSERT INTO kernel_ratebucket (subject, minute, used, reported) VALUES (%s, %s, %s, %s) "
    "ON CONFLICT (subject, minute) DO UPDATE SET used = kernel_ratebucket.used + excluded.used RETURNING used"
)


class TooManyRequests(Refusal):
    """429; the answer carries `Retry-After` with `retry_after` seconds."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests"

    def __init__(self, retry_after: int):
        super().__init__(f"Ask again in {retry_after} seconds.")
        self.retry_after = retry_after


class _Allowance:
    """What this process may still serve in the current minute, per subject. -1: all used up."""

    def __init__(self):
        self.lock = threading.Lock()
        self.minute = 0
        self.left: dict[str, int] = {}

    def draw(self, subject: str, minute: int) -> int:
        """1 taken from memory, 0 nothing here, -1 used up."""
        with self.lock:
            if minute != self.minute:
                self.minute, self.left = minute, {}
            left = self.left.get(subject, 0)
            if left > 0:
                self.left[subject] = left - 1
                return 1
            return left

    def put(self, subject: str, minute: int, granted: int) -> None:
        with self.lock:
            if minute == self.minute:
                self.left[subject] = max(self.left.get(subject, 0), 0) + granted if granted >= 0 else -1

    def forget(self) -> None:
        with self.lock:
            self.minute, self.left = 0, {}


_allowance = _Allowance()


def take(subject: str, limit: int) -> None:
    """Count one request of `subject` (`token:tok_…`, `person:per_…`) against `limit` a minute.

    Raises TooManyRequests when the minute's requests are used up.
    """
    at = time.time()
    minute = int(at // 60)
    drawn = _allowance.draw(subject, minute)
    if drawn == 0:
        block = max(1, limit // BLOCKS)
        before = _count(subject, minute, block) - block
        granted = min(block, limit - before)
        _allowance.put(subject, minute, granted - 1 if granted > 0 else -1)
        drawn = 1 if granted > 0 else -1
    if drawn < 0:
        raise TooManyRequests(int(60 - at % 60) + 1)


def count_failure(address: str | None, limit: int) -> None:
    """Count one failed authentication from `address`, for the limit per address and the summarised event.

    Raises TooManyRequests beyond `limit` a minute. Good credentials from the same address are never refused.
    """
    at = time.time()
    if _count(f"ip:{address or 'unknown'}", int(at // 60), 1) > limit:
        raise TooManyRequests(int(60 - at % 60) + 1)


def unreported_failures(*, before_minute: int) -> list[RateBucket]:
    """Minutes before the Unix minute `before_minute` with failures that no audit event tells of yet."""
    rows = RateBucket.objects.filter(subject__startswith="ip:", minute__lt=before_minute, reported=False)
    return list(rows.order_by("minute", "subject"))


def forget_before(minute: int) -> int:
    """Delete the counters of minutes before `minute` that nobody needs any more; returns how many."""
    old = RateBucket.objects.filter(minute__lt=minute)
    return old.exclude(subject__startswith="ip:", reported=False).delete()[0]


def forget() -> None:
    """Drop what this process holds in memory (tests; a child after fork)."""
    _allowance.forget()


def _count(subject: str, minute: int, n: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [subject, minute, n, False])
        return cursor.fetchone()[0]
