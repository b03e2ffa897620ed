"""Keys that lapse before the window opens are said to, before and after they are turned."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from insights.reads.holding import too_short

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ZONE = ZoneInfo("UTC")


def said(state: str, opens: datetime | None, *, open_now=False, valid_until=None, not_before=None) -> str:
    request = SimpleNamespace(state=state, valid_until=valid_until, gate={"valid_for": 86_400})
    return too_short(request, SimpleNamespace(open_now=open_now, opens_at=opens), NOW, ZONE, not_before)


def test_turned_keys_that_end_before_the_opening_are_warned_of():
    text = said("satisfied", NOW + 3 * DAY, valid_until=NOW + DAY)
    assert (
        "The keys hold until Sat 28 Nov, 12:00 UTC, which is before the window opens (Mon 30 Nov, 12:00 UTC)"
        in text
    )


def test_an_open_request_says_from_when_the_last_key_would_hold_long_enough():
    assert said("open", NOW + 3 * DAY).endswith("Turn it after Sun 29 Nov, 12:00 UTC.")


@pytest.mark.parametrize(
    ("state", "opens", "more"),
    [
        ("open", NOW + timedelta(hours=23), {}),
        ("satisfied", NOW + 3 * DAY, {"valid_until": NOW + 4 * DAY}),
        ("satisfied", None, {"valid_until": NOW + DAY}),
        ("open", NOW + 3 * DAY, {"open_now": True}),
        ("consumed", NOW + 3 * DAY, {}),
    ],
)
def test_nothing_is_said_where_they_hold_or_nothing_is_known(state, opens, more):
    assert said(state, opens, **more) == ""


def test_keys_that_end_before_the_scheduled_start_are_warned_of():
    text = said("satisfied", None, open_now=True, valid_until=NOW + DAY, not_before=NOW + 3 * DAY)
    assert "which is before it is scheduled to start (Mon 30 Nov, 12:00 UTC): it will expire." in text
    assert said("open", None, open_now=True, not_before=NOW + 3 * DAY).endswith(
        "Turn it after Sun 29 Nov, 12:00 UTC."
    )


@pytest.mark.parametrize(
    ("opens", "not_before", "warned"),
    [
        (NOW + 3 * DAY, NOW + DAY / 2, "before the window opens (Mon 30 Nov"),
        (NOW + DAY / 2, NOW + 3 * DAY, "before it is scheduled to start (Mon 30 Nov"),
        (NOW + DAY / 2, NOW + DAY / 3, ""),
        (None, NOW - DAY, ""),
    ],
)
def test_the_later_of_window_and_schedule_counts(opens, not_before, warned):
    text = said("satisfied", opens, valid_until=NOW + DAY, not_before=not_before)
    assert warned in text and bool(text) == bool(warned)
