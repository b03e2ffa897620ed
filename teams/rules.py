"""May this place in a group be delegated, and whose places does somebody fill at an instant. Pure (requirement C13)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(days=90)


def holds(since: datetime, until: datetime, ended_at: datetime | None, at: datetime) -> bool:
    """Whether a place that was lent so is lent at `at`."""
    return ended_at is None and since <= at < until


@dataclass(frozen=True)
class StandIn:
    """From `since` until `until` (not included) `delegate` stands in for `principal` in `group`. Both: person ids;
    `name`, `email`: the principal's; `delegation`: its id."""

    delegation: str
    group: str
    principal: str
    delegate: str
    since: datetime
    until: datetime
    name: str = ""
    email: str = ""
    delegate_name: str = ""

    def live(self, at: datetime) -> bool:
        return self.since <= at < self.until

    def meets(self, since: datetime, until: datetime) -> bool:
        """Whether the two times have an instant in common."""
        return self.since < until and since < self.until


@dataclass(frozen=True)
class Wrong:
    """`code` is published in docs/reference/api.md; `status` 409 for what is there already, else 422."""

    pointer: str
    code: str
    detail: str
    status: int = 422


def wrong_times(since: datetime, until: datetime, at: datetime) -> Wrong | None:
    """What is wrong with the dates at `at`, or None."""
    if until <= at:
        return Wrong("/until", "until_in_the_past", "It would be over already.")
    if until <= since:
        return Wrong("/until", "period_invalid", "It ends before it begins.")
    if until - at > LONGEST:
        return Wrong("/until", "until_too_late", f"A delegation ends within {LONGEST.days} days from now.")
    return None


def wrong_people(
    principal: str, delegate: str, since: datetime, until: datetime, others: Iterable[StandIn]
) -> Wrong | None:
    """What is wrong with who stands in for whom, or None. `others`: of the same group, that have not ended.

    In one group and at one time nobody is both principal and delegate: so there is no chain and no loop.
    """
    if principal == delegate:
        return Wrong("/to", "delegation_self", "You have that place already.")
    near = [other for other in others if other.meets(since, until)]
    if any(other.principal == delegate and other.delegate == principal for other in near):
        return Wrong("/to", "delegation_loop", "They delegated their place to you for some of that time.")
    if any(other.principal == delegate for other in near):
        return Wrong("/to", "delegation_chain", "They delegated their own place for some of that time.")
    if any(other.delegate == principal for other in near):
        detail = "You stand in for somebody of this group then; what was delegated to you goes no further."
        return Wrong("/group", "delegation_chain", detail)
    if any(other.principal == principal for other in near):
        return Wrong("/until", "delegation_overlaps", "Your place is delegated for some of that time.", 409)
    return None
