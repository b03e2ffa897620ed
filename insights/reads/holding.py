"""Do the keys hold until it may start? Pure."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from approvals.models import ApprovalRequest
from approvals.states import ApprovalState
from insights.templatetags.gate import absolute
from pipelines.calendar import Opening

SOON = (ApprovalState.OPEN, ApprovalState.VOID)


def told(approval) -> str:
    """`Reminded: 50 % of the time for votes is over.` or to whom it escalated; "" while neither happened."""
    if approval.state not in SOON or not approval.reminded:
        return ""
    if approval.escalated_to:
        return f"Unanswered for {approval.reminded} % of its time: escalated to {approval.escalated_to}."
    return f"Reminded: {approval.reminded} % of the time for votes is over."


def holds_until(approval: ApprovalRequest, now: datetime) -> datetime | None:
    """Until when turned keys hold; of one that is not complete, until when they would if it were now."""
    if approval.state == ApprovalState.SATISFIED:
        return approval.valid_until
    seconds = approval.gate.get("valid_for")
    return now + timedelta(seconds=seconds) if approval.state in SOON and seconds else None


def starts_at(opening: Opening, now: datetime, not_before: datetime | None) -> tuple[datetime | None, str]:
    """(the earliest instant at which it may start, what happens then); (None, "") if that is now or not known."""
    opens = None if opening.open_now else opening.opens_at
    if not_before is not None and not_before > now and (opens is None or opens <= not_before):
        return not_before, "it is scheduled to start"
    return opens, "the window opens" if opens else ""


def too_short(
    approval: ApprovalRequest,
    opening: Opening,
    now: datetime,
    zone: ZoneInfo,
    not_before: datetime | None = None,
) -> str:
    """The warning where the keys lapse before it may start; "" where they do not."""
    end = holds_until(approval, now)
    starts, what = starts_at(opening, now, not_before)
    if starts is None or end is None or starts < end:
        return ""
    said = f"{absolute(end, zone, now)}, which is before {what} ({absolute(starts, zone, now)})"
    if approval.state == ApprovalState.SATISFIED:
        return f"The keys hold until {said}: it will expire. Withdraw a vote and give it again later."
    later = starts - timedelta(seconds=approval.gate["valid_for"])
    then = absolute(later, zone, now)
    return f"If the last key were turned now, the keys would hold until {said}. Turn it after {then}."
