"""Query parameters of pages. What cannot be read is said beside its field; the rest of the page stands."""

from datetime import datetime
from zoneinfo import ZoneInfo

NOT_A_TIME = "This is not a date and time. Write 2026-11-24T09:00."


def read_instant(text: str, zone: ZoneInfo) -> tuple[datetime | None, str]:
    """(aware instant, "") or (None, what is wrong). A time without offset is in the viewer's zone; a date
    alone is its first minute. Empty text is no instant and no error."""
    if not text:
        return None, ""
    try:
        found = datetime.fromisoformat(text.strip())
        found = found if found.tzinfo else found.replace(tzinfo=zone)
    except ValueError:
        return None, NOT_A_TIME
    # Years that windows reach too; at the ends of the calendar there is no such time in every zone.
    return (found, "") if 1970 <= found.year <= 2199 else (None, NOT_A_TIME)


def read_page(text: str) -> int:
    """A page number from 1; anything else is the first page."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 6 and int(text) > 0 else 1


def with_parameter(request, **changes) -> str:
    """This page's address with these parameters; an empty value takes one out."""
    query = request.GET.copy()
    for name, value in changes.items():
        query.pop(name, None)
        if value:
            query[name] = value
    encoded = query.urlencode()
    return f"{request.path}?{encoded}" if encoded else request.path


def read_number(text: str) -> int:
    """A whole number below a million million; anything else is 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
