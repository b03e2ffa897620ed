"""When an unanswered request is brought to mind again, and when it goes to somebody else (requirement C09). Pure.

Nothing here ever approves: at 25 % and 50 % of the time for votes people are reminded, at 75 % the escalation group is
shown the request, at 100 % it expires (approvals.rules.expired).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

REMINDERS = (25, 50)  # percent of `expires_in`
ESCALATION = 75


@dataclass(frozen=True)
class Step:
    """`percent` of the time for votes is over at `at`; `group` sees the request from then on ("": a reminder)."""

    percent: int
    at: datetime
    group: str = ""


def next_step(gate: Mapping, expires_at: datetime | None, done: int = 0) -> Step | None:
    """The first step after `done` percent, or None where nothing is left. `gate`: a request's snapshot, its
    `expires_in` in seconds; `expires_at`: the end of exactly that time.
    """
    if expires_at is None or not gate.get("expires_in"):
        return None
    group = gate.get("escalation") or ""
    percents = [*REMINDERS, ESCALATION] if group else REMINDERS
    left = next((percent for percent in percents if percent > done), None)
    if left is None:
        return None
    before_the_end = timedelta(seconds=gate["expires_in"]) * (100 - left) / 100
    return Step(left, expires_at - before_the_end, group if left == ESCALATION else "")


def columns(gate: Mapping, expires_at: datetime | None, done: int = 0, escalated_to: str = "") -> dict:
    """The columns of a request that has come to `done` percent: what it was told, and when it is due again."""
    step = next_step(gate, expires_at, done)
    return {"reminded": done, "remind_at": step and step.at, "escalated_to": escalated_to}


def expires_at(opened_at: datetime, expires_in: int | None) -> datetime | None:
    """Until when votes may come; `expires_in` in seconds, None: no end."""
    return None if expires_in is None else opened_at + timedelta(seconds=expires_in)


def valid_until(satisfied_at: datetime, valid_for: int | None) -> datetime | None:
    """Until when a satisfied request may start; `valid_for` in seconds, None: no end."""
    return None if valid_for is None else satisfied_at + timedelta(seconds=valid_for)
