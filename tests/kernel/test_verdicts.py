"""The one answer type."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from kernel.verdicts import Allow, Check, CheckState, Deny, Reason, Wait, wire_time

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (None, None),
        (AT, "2026-11-20T10:00:00Z"),
        (AT + timedelta(microseconds=5), "2026-11-20T10:00:00.000005Z"),
        (AT.astimezone(timezone(timedelta(hours=5, minutes=45))), "2026-11-20T10:00:00Z"),
    ],
)
def test_times_go_out_in_utc(at, text):
    assert wire_time(at) == text


def test_a_reason_names_its_cause_and_its_remedy():
    reason = Reason("freeze", "Frozen.", object="freeze:frz_1", until=AT, how_to_clear="Wait.")
    assert reason.as_dict() == {
        "code": "freeze",
        "text": "Frozen.",
        "object": "freeze:frz_1",
        "until": "2026-11-20T10:00:00Z",
        "how_to_clear": "Wait.",
    }


@pytest.mark.parametrize(("kind", "word"), [(Allow, "allow"), (Wait, "wait"), (Deny, "deny")])
def test_a_verdict_is_written_as_the_api_says(kind, word):
    verdict = kind(reasons=(Reason("a", "b"),), until=AT, checks=(Check("people", CheckState.WAIT),))
    written = verdict.as_dict()
    assert written["verdict"] == word
    assert written["until"] == "2026-11-20T10:00:00Z"
    assert [reason["code"] for reason in written["reasons"]] == ["a"]
    assert written["checks"] == [{"name": "people", "state": "wait"}]
