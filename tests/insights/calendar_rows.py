"""Windows and freezes as rows, placed around the present."""

from datetime import timedelta

from kernel.clock import now
from pipelines.models import Freeze, Window


def local(at) -> str:
    """A UTC instant as the local time of a row in the zone UTC."""
    return at.strftime("%Y-%m-%dT%H:%M:%S")


def freeze_now(environment: str = "prod", *, hours: int = 2, reason: str = "Stocktaking", **more) -> Freeze:
    """In force since an hour, for `hours` more."""
    at = now()
    values = {
        "name": "A freeze",
        "scope": {"environment": environment} if environment else {},
        "timezone": "UTC",
        "start": local(at - timedelta(hours=1)),
        "end": local(at + timedelta(hours=hours)),
        "contact": "rita",
        "actions": ["deploy"],
    }
    return Freeze.objects.create(
        **{**values, "reason": reason, **more}, created_at=at, created_by="user:per_rita"
    )


def window_elsewhen(environment: str = "prod", *, hours: int = 6, **more) -> Window:
    """Daily for an hour, the next time in `hours`: closed now."""
    at = now()
    values = {
        "name": "A window",
        "scope": {"environment": environment},
        "timezone": "UTC",
        "rrule": "FREQ=DAILY",
        "start": local(at + timedelta(hours=hours) - timedelta(days=2)),
        "duration": 3600,
    }
    return Window.objects.create(**{**values, **more}, created_at=at, created_by="user:per_rita")
