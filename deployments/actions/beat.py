"""A worker says that it is alive, for its pool, on the database's raw clock."""

from django.db import transaction

from deployments.models import Worker
from kernel.clock import raw_now


@transaction.atomic
def beat(*, worker: str, pool: str) -> None:
    """Touch the worker's row. No audit event: nothing is decided or changed by it."""
    at = raw_now()
    if not Worker.objects.filter(pk=worker).update(seen_at=at, pool=pool):
        Worker.objects.create(name=worker, pool=pool, started_at=at, seen_at=at)
