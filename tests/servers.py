"""Servers for the tests: what the machine offers, or private ones on free ports that a test may break.

Destructive tests (FLUSHALL, stop, restart, kill) use `private_redis()` and `private_postgres()` and nothing
else; `refuse_shared()` is the guard that stands before every destructive act.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import redis

from bench.servers import (
    NotInstalled,
    PostgresServer,
    RedisServer,
    Server,
    answers,
    free_port,
    private_postgres,
    private_redis,
    shared_postgres,
)

__all__ = [
    "NotInstalled",
    "PostgresServer",
    "RedisServer",
    "SharedServer",
    "answers",
    "chromium",
    "free_port",
    "private_postgres",
    "private_redis",
    "redis_for_tests",
    "refuse_shared",
    "shared_postgres",
]
DEFAULT_REDIS = "redis://127.0.0.1:6379/0"


class SharedServer(AssertionError):
    """A destructive act was aimed at a server that this test run did not start."""


def refuse_shared(url: str) -> None:
    """Raise SharedServer unless `url` is a server that this test run started itself on a private port."""
    parts = urlsplit(url)
    if parts.hostname not in {"127.0.0.1", "localhost"} or parts.port not in Server.started:
        raise SharedServer(
            f"{parts.hostname}:{parts.port} was not started by this test run: not flushed, not stopped."
        )


@contextlib.contextmanager
def redis_for_tests() -> Iterator[str]:
    """The address of a Redis database that is ours alone: REDIS_URL, else an empty one of the usual port,
    else a private server. Tests that flush or stop it take `private_redis()` instead."""
    if given := os.environ.get("RELEASEGATE_TEST_REDIS"):
        yield given
        return
    if answers("127.0.0.1", 6379) and (url := _claim_redis_database()):
        yield url
        _release_redis_database(url)
        return
    server = private_redis()
    try:
        yield server.url
    finally:
        server.remove()


def _claim_redis_database() -> str | None:
    for number in range(15, 0, -1):
        url = DEFAULT_REDIS.removesuffix("0") + str(number)
        with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=1) as client:
            if client.dbsize() == 0 and client.set("release-gate-tests", os.getpid(), nx=True, ex=3600):
                return url
    return None


def _release_redis_database(url: str) -> None:
    """Delete what we put there, key by key: the server is shared, so nothing is flushed."""
    with contextlib.suppress(redis.RedisError), redis.Redis.from_url(url, socket_timeout=1) as client:
        for key in client.scan_iter():
            client.delete(key)


def chromium() -> str | None:
    """CHROMIUM_PATH, else the system's browser, else the one `playwright install chromium` fetched."""
    if given := os.environ.get("CHROMIUM_PATH"):
        return given
    names = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright"))
    return next(
        (str(path) for path in sorted(cache.glob("chromium-*/chrome-linux*/chrome"), reverse=True)), None
    )
