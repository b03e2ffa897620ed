"""Why an approval ended a request, as the reason that stays with it: what it waited for until then is over. Pure."""

from datetime import datetime

from kernel.verdicts import Reason

PEOPLE = {"approval_needed", "approval_void", "unknown_author"}


def rejected(approval: str, by: str) -> list[dict]:
    """Somebody said no; the comment is the vote's and is not copied."""
    text = f"Rejected by {by}." if by else "A person rejected it."
    how = "Answer what was said, then request it again."
    return [Reason("approval_needed", text, f"approval:{approval}", None, how).as_dict()]


def lapsed(approval: str, *, turned: bool, until: datetime | None, waited_for: list[dict]) -> list[dict]:
    """The time was over. `turned`: every key had been turned, and `until` is how long they held, so that it was what
    it waited for (`waited_for`, the reasons stored last) that came too late; else `until` is how long votes came."""
    end = f"{until:%Y-%m-%d %H:%M} UTC" if until else "their end"
    if not turned:
        text, how = f"The keys did not come in time: votes counted until {end}.", "Request it again."
    else:
        cause = next((r["text"] for r in waited_for if r.get("text") and r.get("code") not in PEOPLE), "")
        text = f"All keys were turned and held until {end}; it could not start by then. {cause}".strip()
        how = "Request it again; turn the last key nearer to the opening, or let this gate's approvals hold longer."
    return [Reason("approval_needed", text, f"approval:{approval}", None, how).as_dict()]
