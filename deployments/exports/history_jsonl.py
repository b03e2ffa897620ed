"""The deployment history as JSON Lines: the machine's form, nothing neutralised, missing data said."""

import json
from collections.abc import Iterator

from deployments.exports.columns import COLUMNS, Filters
from deployments.models import History
from kernel.verdicts import wire_time

CHUNK = 256 * 1024


def stream(filters: Filters, header: list[str]) -> Iterator[bytes]:
    """First a line `{"export": {…}}` with what was asked, then one object per deployment, oldest first."""
    about = dict(line.partition(": ")[::2] for line in header)
    buffer = bytearray(json.dumps({"export": about}).encode() + b"\n")
    rows = History.objects.filter(**filters.conditions()).order_by("requested_at", "deployment")
    for row in rows.iterator(chunk_size=2000):
        buffer += (
            json.dumps({name: _value(getattr(row, name), kind) for name, kind in COLUMNS}).encode() + b"\n"
        )
        if len(buffer) >= CHUNK:
            yield bytes(buffer)
            buffer.clear()
    yield bytes(buffer)


def _value(value, kind: str):
    return wire_time(value) if kind == "time" else value
