"""Events as JSON Lines, one object per line with sorted keys, streamed."""

import json
from collections.abc import Callable, Iterator

from django.db.models import QuerySet

CHUNK = 1_000


def stream(events: QuerySet, render: Callable[[object], dict]) -> Iterator[bytes]:
    """One line per event of `events` (with openings prefetched), rendered by `render`; at most CHUNK in
    memory."""
    for event in events.iterator(chunk_size=CHUNK):
        yield (
            json.dumps(render(event), ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            + b"\n"
        )
