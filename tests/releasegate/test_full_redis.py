"""Redis with the memory policy of docker-compose.yml, full because the worker of one pool is away."""

import shlex

import pytest
import redis
import yaml

from releasegate.celery import app, transport_options
from tests.architecture import source

pytestmark = [pytest.mark.faults, pytest.mark.one_database]
MEMORY, BELL = 3 * 1024 * 1024, "x" * 10_000


@pytest.fixture
def full(private_redis):
    """The server, with as much in the queue of pool `prod` as it may hold."""
    words = shlex.split(yaml.safe_load(source.text("docker-compose.yml"))["services"]["redis"]["command"])
    server = redis.Redis.from_url(private_redis.url)
    server.config_set("maxmemory-policy", words[words.index("--maxmemory-policy") + 1])
    server.config_set("maxmemory", MEMORY)
    with connection(private_redis.url) as wire:
        for _ in range(2 * MEMORY // len(BELL)):
            ring("pool.prod", wire, BELL)
    yield server, private_redis.url
    server.close()


def connection(url: str):
    return app.connection_for_write(url, transport_options=transport_options(url))


def ring(queue: str, wire, argument: str) -> None:
    app.send_task("deployments.advance", args=[argument], queue=queue, connection=wire, retry=False)


def test_the_bells_of_the_other_pools_still_ring(full):
    """With `noeviction` they would all be refused until the worker that is away came back."""
    server, url = full
    assert server.info("stats")["evicted_keys"] > 0
    with connection(url) as wire:
        ring("pool.nonprod", wire, "dep_1")
    assert server.llen("pool.nonprod") == 1


def test_no_bell_needs_a_key_that_may_have_been_evicted(full):
    """They go straight to the queue's list; a table of bindings, if it were used, could be gone."""
    server, url = full
    with connection(url) as wire:
        ring("pool.nonprod", wire, "dep_1")  # the first bell of a connection declares its queue
        server.flushall()
        ring("pool.nonprod", wire, "dep_2")
    assert [key.decode() for key in server.scan_iter()] == ["pool.nonprod"]
