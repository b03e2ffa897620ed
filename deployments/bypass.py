"""Break-glass as plain data: what it may skip, for how long, and when somebody else must have looked at it. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.verdicts import Check, CheckState, Reason

# Never the artifact, the plan, a lane in use or the audit log.
SKIPPABLE = ("order", "standards", "people", "window")
LONGEST = timedelta(hours=4)
HOURS = (1, 2, 3, 4)  # what people choose from
SHORTEST_REASON = 20  # characters


@dataclass(frozen=True)
class Bypass:
    """One break-glass that has not run out. `confirmed`: nobody else needs to agree (any more)."""

    id: str
    by: str
    why: str
    incident: str
    skip: frozenset[str]
    until: datetime
    confirmed: bool


def pass_over(bypass: Bypass | None, check: Check) -> Check:
    """`check`, skipped with who and why if it does not pass and the bypass names it. What passes has passed."""
    if (
        bypass is None
        or check.name not in bypass.skip
        or check.state not in (CheckState.WAIT, CheckState.DENY)
    ):
        return check
    if not bypass.confirmed:
        text = f"{bypass.by} broke the glass for {bypass.incident}; a second release manager must confirm it."
        how = "Another release manager confirms the break-glass."
        reason = Reason("break_glass_unconfirmed", text, f"break_glass:{bypass.id}", None, how)
        return Check(check.name, CheckState.WAIT, (reason,))
    return Check(check.name, CheckState.SKIPPED, check.reasons)


def skipped_in_words(bypass: Bypass | None, check: Check) -> str:
    """Who skipped it and why, and what it would have said."""
    said = " ".join(reason.text for reason in check.reasons)
    if bypass is None:
        return said
    return f"Skipped by {bypass.by} (break-glass, {bypass.incident}): {bypass.why} It said: {said}"


def review_due(at: datetime, working_days: int) -> datetime:
    """The same time of day after so many days from Monday to Friday, in UTC."""
    while working_days > 0:
        at += timedelta(days=1)
        working_days -= at.weekday() < 5
    return at
