"""What every page of one request shares: who looks, in which zone, at what time, what they may see.

Kept on the request, so that the page and the frame around it ask each thing once.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from insights.reads.pulse import Pulse, read_pulse
from insights.reads.waiting import count_waiting
from kernel.actor import Actor
from kernel.permissions import Permission
from pipelines.queries import visible_application_names
from pipelines.subjects import pending_changes


@dataclass
class Frame:
    """One per request of a signed-in person."""

    actor: Actor
    zone: ZoneInfo

    @cached_property
    def pulse(self) -> Pulse:
        """One query."""
        return read_pulse(self.actor.person_id)

    @property
    def now(self) -> datetime:
        """The clock of decisions, read once for the whole page."""
        return self.pulse.at

    @cached_property
    def names(self) -> frozenset[str] | None:
        """The applications that exist for this person; None: all. At most three queries."""
        return visible_application_names(self.actor)

    @cached_property
    def inbox_count(self) -> int:
        """How many requests wait for this person. One query beside `names`, none for people in no group."""
        return count_waiting(self.actor, self.now, lambda: self.names)

    @cached_property
    def administers(self) -> bool:
        """Whether changes of configuration are this person's to confirm."""
        return self.actor.may(Permission.CHANGE_CONFIRM)

    @cached_property
    def changes_count(self) -> int:
        """How many of them wait for this person. One query for administrators, none for others."""
        if not self.administers:
            return 0
        return pending_changes(self.now).exclude(proposed_by=self.actor.person_id).count()


def frame_of(request) -> Frame:
    """The frame of this request, made when first asked for."""
    found = getattr(request, "_frame", None)
    if found is None:
        found = request._frame = Frame(request.actor, ZoneInfo(str(request.zone)))
    return found
