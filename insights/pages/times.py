"""Instants typed into a page's filter."""

from datetime import UTC, datetime


def read_instant(text: str, zone) -> tuple[datetime | None, str]:
    """(instant in UTC, "") from an ISO time; without offset it is meant in the viewer's zone. (None, problem)
    for what is no time, (None, "") for nothing."""
    if not text:
        return None, ""
    try:
        found = datetime.fromisoformat(
            text.strip().replace(" ", "+") if "+" not in text and "T" in text else text
        )
    except ValueError:
        return None, "This is not a time: write 2026-11-20T10:00."
    return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC), ""
