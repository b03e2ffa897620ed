"""`POST /builds` with three artifacts, over HTTP, against a bare endpoint that writes one row."""

import itertools
import json
import secrets
from collections.abc import Iterator

import redis
from django.conf import settings

from bench.company import BRANCH, Ci, ci_of
from bench.lines import line
from bench.place import place
from bench.size import Size
from bench.wire import Clients, request
from builds.models import Artifact

CLIENTS = 8
AIM = 0.3


def measure(size: Size) -> Iterator[dict]:
    """Builds a second of eight CIs at once; the branch cuts releases, so each post is a build and a release."""
    port = place.web()
    cis = [ci_of(f"ingest-{number}") for number in range(CLIENTS)]
    ours = Clients(port, [_posts(ci) for ci in cis], expect=201)
    floor = Clients(port, [_rows(ci) for ci in cis], expect=201)
    floor.rate(size.seconds), ours.rate(size.seconds)
    pairs, n = [], 0
    for _ in range(size.rounds):
        (bare, _), (rate, count) = floor.rate(size.seconds), ours.rate(size.seconds)
        pairs.append((rate, bare))
        n += count
    _forget()
    yield line("ingest", pairs, unit="builds/s", n=n, aim=AIM, clients=CLIENTS)


def _forget() -> None:
    """The artifacts are nowhere: no worker of a later bench shall look for them, by bell or by sweep."""
    Artifact.objects.update(state="verified")
    with redis.Redis.from_url(settings.BROKER_URL) as broker:  # started by this run alone
        broker.flushdb()


def _posts(ci: Ci) -> Iterator[bytes]:
    """Requests for ever, each another version, with the application's tokens in turn (the limit is per token)."""
    run = secrets.token_hex(3)
    for number, token in enumerate(itertools.cycle(ci.tokens)):
        body = _body(ci, f"1.{number}.0+{run}")
        yield request("POST", "/api/v1/builds", body, Authorization=f"Bearer {token}")


def _body(ci: Ci, version: str) -> bytes:
    kinds = (("template", "cloudformation-template"), ("function", "lambda-zip"), ("tests", "test-bundle"))
    artifacts = [
        {
            "name": name,
            "kind": kind,
            "uri": f"s3://rg-artifacts/{ci.application}/{version}/{name}",
            "version_id": secrets.token_urlsafe(24),
            "digest": f"sha256:{secrets.token_hex(32)}",
            "size": 4096,
        }
        for name, kind in kinds
    ]
    sha = secrets.token_hex(20)
    commit = {"sha": sha, "author": "dana@acme.example", "message": "Round half up", "ticket": "PAY-77"}
    post = {
        "application": ci.application,
        "version": version,
        "commit": sha,
        "branch": BRANCH,
        "repository": f"https://git.acme.example/{ci.application}",
        "run": {"provider": "github", "id": "10551800200", "attempt": 1, "url": "https://ci.acme.example/1"},
        "submitter": "dana@acme.example",
        "artifacts": artifacts,
        "commits": [commit],
    }
    return json.dumps(post).encode()


def _rows(ci: Ci) -> Iterator[bytes]:
    body = json.dumps({"name": "a row"}).encode()
    for token in itertools.cycle(ci.tokens):
        yield request("POST", "/api/v1/builds/bench/rows", body, Authorization=f"Bearer {token}")
