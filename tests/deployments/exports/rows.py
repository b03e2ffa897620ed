"""History rows for tests of exports, odd on purpose."""

from datetime import UTC, datetime, timedelta

from deployments.models import History

START = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
FORMULAS = ['=cmd|"/c calc"!A1', "+1", "-1", "@x", "\tx", "\rx"]
ODD = [*FORMULAS, 'a "quote", comma', "two\nlines", "é – 日本", "", "\\N", "\\."]


def row(number: int = 0, **values) -> History:
    """One row, a minute after the one before; every text is its column's name unless given."""
    texts = {
        f.name: f.name
        for f in History._meta.get_fields()
        if f.get_internal_type() in ("CharField", "TextField")
    }
    times = {
        "requested_at": START + timedelta(minutes=number),
        "started_at": START + timedelta(minutes=number, microseconds=number % 3 * 250_000),
        "ended_at": None,
    }
    return History.objects.create(**{**texts, **times, "deployment": f"dep_{number:026d}", **values})


def odd_rows() -> list[History]:
    """One row for each odd text, in several columns."""
    return [
        row(n, reason=text, approvals=text, version=text[:50], break_glass=n % 2 == 0)
        for n, text in enumerate(ODD)
    ]
