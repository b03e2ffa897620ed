"""Do the keys hold until it may start? Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from approvals.models import ApprovalRequest
from approvals.states import ApprovalState
from insights.templatetags.gate import absolute
from pipelines.calendar import Opening

SOON = (ApprovalState.OPEN, ApprovalState.VOID)


def holds_until(approval: ApprovalRequest, now: datetime) -> datetime | None:
    """Until when turned keys hold; of one that is not complete, until when they would if it were now."""
    if approval.state == ApprovalState.SATISFIED:
        return approval.valid_until
    seconds = approval.gate.get("valid_for")
    return now + timedelta(seconds=seconds) if approval.state in SOON and seconds else None


def too_short(approval: ApprovalRequest, opening: Opening, now: datetime, zone: ZoneInfo) -> str:
    """The warning where the keys lapse before the window opens; "" where they do not."""
    end = holds_until(approval, now)
    if opening.open_now or opening.opens_at is None or end is None or opening.opens_at < end:
        return ""
    said = f"{absolute(end, zone, now)}, which is before the window opens ({absolute(opening.opens_at, zone, now)})"
    if approval.state == ApprovalState.SATISFIED:
        return f"The keys hold until {said}: it will expire. Withdraw a vote and give it again later."
    later = opening.opens_at - timedelta(seconds=approval.gate["valid_for"])
    then = absolute(later, zone, now)
    return f"If the last key were turned now, the keys would hold until {said}. Turn it after {then}."
