"""One event per address and minute for failed authentication, with the count (requirements A14, F09)."""

from django.db import transaction

from audit.actions.append import append
from audit.tags import Kind, Outcome
from kernel.actor import Actor
from kernel.clock import raw_now
from kernel.models import RateBucket
from kernel.rate_limit import unreported_failures


def summarise_failures(at: float | None = None) -> int:
    """Record `signin.failed` for each address and finished minute that no event tells of; how many.

    `at`: Unix seconds, by default now. The event's `data`: `count`, and `minute` as Unix seconds of its
    beginning. Safe to run twice at once: each row is claimed by a conditional UPDATE.
    """
    minute = int((raw_now().timestamp() if at is None else at) // 60)
    return sum(_summarise(row) for row in unreported_failures(before_minute=minute))


@transaction.atomic
def _summarise(row: RateBucket) -> int:
    if RateBucket.objects.filter(pk=row.pk, reported=False).update(reported=True) != 1:
        return 0  # another process was faster
    append(
        kind=Kind.SIGNIN_FAILED,
        actor=Actor.system("api"),
        subject="api:tokens",
        outcome=Outcome.DENIED,
        data={"count": row.used, "minute": row.minute * 60},
        private={"ip": row.subject.removeprefix("ip:")},
    )
    return 1
