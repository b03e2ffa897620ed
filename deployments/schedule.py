"""May somebody ask for a start at that instant? Pure: the calendar's answer for it comes in (requirement C14)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from kernel.verdicts import wire_time
from pipelines.calendar import HORIZON_DAYS, Opening


def instant_problem(not_before: datetime, at: datetime) -> dict | None:
    """What is wrong with the instant by itself, as members of a refusal; None if nothing is. Asked before the
    calendar is: its rules are expanded as far as somebody asks, and for the year 9999 that takes minutes.

    Codes: `in_the_past`, `too_far_ahead` (after as many days as an opening is looked for).
    """
    if not_before < at:
        return {"errors": [_error("in_the_past", "This instant is over.")]}
    if not_before - at > timedelta(days=HORIZON_DAYS):
        detail = f"A start is at most {HORIZON_DAYS} days ahead."
        return {"errors": [_error("too_far_ahead", detail)]}
    return None


def schedule_problem(opening: Opening, environment: str, zone: str) -> dict | None:
    """What is wrong with it, as members of a refusal: {"errors": [...], "next_opening"?}; None if nothing is.

    `opening`: what the calendar says of `not_before`; `zone`: the viewer's, in which the sentence gives times beside
    the window's own. Code: `schedule_outside_window`.
    """
    if opening.open_now:
        return None
    said = " ".join(reason.text for reason in opening.reasons)
    detail = f"That is outside the openings of {environment}. {said}{_opens(opening, environment, zone)}"
    return {
        "errors": [_error("schedule_outside_window", detail)],
        "next_opening": wire_time(opening.opens_at),
    }


def _opens(opening: Opening, environment: str, zone: str) -> str:
    """Where only a freeze stands in the way, its end need not be an opening: say when that is."""
    if any(reason.code == "outside_window" for reason in opening.reasons):
        return ""
    if opening.opens_at is None:
        return f" No opening of {environment} is known after that."
    return f" {environment} opens {opening.opens_at.astimezone(ZoneInfo(zone)):%A %-d %B %Y %H:%M} ({zone})."


def _error(code: str, detail: str) -> dict:
    return {"pointer": "/not_before", "code": code, "detail": detail}
