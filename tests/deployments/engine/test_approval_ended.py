"""Why an approval ended a request stays with it, and nothing of what it waited for before."""

from datetime import UTC, datetime

from deployments.engine import approval_ended

UNTIL = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)
CLOSED = {
    "code": "outside_window",
    "text": "prod-eu opens on Wednesday.",
    "how_to_clear": "Wait; it starts by itself.",
}
OPEN_KEY = {"code": "approval_needed", "text": "The key of owners is still open."}


def test_keys_that_held_too_short_are_not_said_to_have_come_too_late():
    (reason,) = approval_ended.lapsed("apr_1", turned=True, until=UNTIL, waited_for=[OPEN_KEY, CLOSED])
    assert reason["text"] == (
        "All keys were turned and held until 2026-11-28 12:30 UTC; it could not start by then. "
        "prod-eu opens on Wednesday."
    )
    assert "Request it again" in reason["how_to_clear"]


def test_keys_that_never_came_are_said_to_be_late():
    (reason,) = approval_ended.lapsed("apr_1", turned=False, until=UNTIL, waited_for=[OPEN_KEY])
    assert reason["text"] == "The keys did not come in time: votes counted until 2026-11-28 12:30 UTC."


def test_a_rejection_names_who_rejected():
    assert approval_ended.rejected("apr_1", "omar")[0]["text"] == "Rejected by omar."
    assert approval_ended.rejected("apr_1", "")[0]["text"] == "A person rejected it."
