"""Instants in a post."""

from datetime import UTC, datetime

from builds.post import parse_time


def test_instants_are_read_only_with_an_offset():
    assert parse_time("2026-11-20T10:00:00Z") == datetime(2026, 11, 20, 10, tzinfo=UTC)
    assert parse_time("2026-11-20t12:00:00.5+02:00") == datetime(2026, 11, 20, 10, 0, 0, 500_000, tzinfo=UTC)
    for text in ("2026-11-20", "2026-11-20T10:00:00", "2026-11-20T25:00:00Z", "٢٠٢٦-11-20T10:00:00Z", ""):
        assert parse_time(text) is None
