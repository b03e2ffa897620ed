"""Votes a second over HTTP, audit on, against a bare endpoint that writes one row behind the same authentication."""

import itertools
import json
from collections.abc import Iterator

from bench import company
from bench.lines import line
from bench.place import place
from bench.size import Size
from bench.voting import UNLIMITED, letter, put_back, waiting
from bench.wire import Clients, request
from deployments.actions.beat import beat

AIM = 0.25
ENVIRONMENT = "vote"


def measure(size: Size) -> Iterator[dict]:
    """Each writer gives both keys of its deployments, one after the other; the bare rows are posted by the same
    people with the same tokens. Rounds alternate; after each the votes are taken away again."""
    people = {name: company.token_of(name) for name in ("rita", "omar")}
    company.environment(ENVIRONMENT, 6, company.MANAGERS, company.OWNERS)
    beat(worker="bench", pool=company.POOL)
    asked = [waiting(ENVIRONMENT, f"vote-{number}", size.votes // 2) for number in range(size.writers)]
    letters = [[letter(row, token) for row in rows for token in people.values()] for rows in asked]
    port = place.web(**UNLIMITED)
    ours = Clients(port, letters, expect=201)
    floor = Clients(port, [_rows(people.values()) for _ in letters], expect=201)
    pairs, votes = [], sum(len(one) for one in letters)
    for _ in range(min(size.rounds, 5) + 1):
        bare, _ = floor.rate(size.seconds)
        pairs.append((ours.rate_of_all(), bare))
        put_back(ENVIRONMENT)
    kept = pairs[1:]
    yield line("vote", kept, unit="votes/s", n=votes * len(kept), aim=AIM, writers=size.writers)


def _rows(tokens) -> Iterator[bytes]:
    body = json.dumps({"name": "a row"}).encode()
    for token in itertools.cycle(tokens):
        yield request("POST", "/api/v1/builds/bench/rows", body, Authorization=f"Bearer {token}")
