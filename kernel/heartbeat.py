"""Who says regularly that it lives: the scheduler, and whatever else runs without being asked."""

from kernel.clock import raw_now
from kernel.models import Heartbeat

SCHEDULER = "scheduler"  # its beat travels through the broker and a worker: proof of all three


def beat(name: str) -> None:
    """Say that `name` is alive now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": raw_now()})


def silent_for(name: str) -> float | None:
    """Seconds since `name` last said so; None if it never did."""
    row = Heartbeat.objects.filter(name=name).first()
    return None if row is None else max(0.0, (raw_now() - row.seen_at).total_seconds())
