"""A page's frame without a page: who looks, in which zone, and what the machine and the calendar say."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from insights.frame import Frame
from insights.reads.pulse import Pulse

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def frame_for(world, username: str, zone: str = "UTC") -> Frame:
    """Of a person of that company, now."""
    return Frame(world.actor(username), ZoneInfo(zone))


def frame_of_pulse(actor, *, zone: str = "UTC", names=None, **pulse) -> Frame:
    """Without a database: at AT, with `pulse` as it is given and the applications in `names` (None: all)."""
    frame = Frame(actor, ZoneInfo(zone))
    frame.__dict__.update(pulse=Pulse(**{"at": AT, "raw": AT, **pulse}), names=names)
    return frame
