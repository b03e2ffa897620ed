"""The sweeper thread: it advances what is due without any bell, and outlives what goes wrong."""

import threading
import time
from datetime import timedelta

import pytest

from deployments import sweeper as module
from deployments.models import Worker
from deployments.sweeper import Sweeper, nudge
from kernel.clock import raw_now


@pytest.fixture
def quiet(monkeypatch):
    """A world of its own for the threads: nothing due, nobody beating; tests change what they look at."""
    calls = {"advanced": [], "beats": [], "expired": 0}
    monkeypatch.setattr(module.sweeping, "due", lambda pools, limit: [])
    monkeypatch.setattr(module.sweeping, "due_tests", lambda pools: [])
    monkeypatch.setattr(module.sweeping, "due_exports", list)
    monkeypatch.setattr(module, "forget_exports", lambda: 0)
    monkeypatch.setattr(module.sweeping, "next_due", lambda pools: None)
    monkeypatch.setattr(module.sweeping, "expire", lambda: calls.update(expired=calls["expired"] + 1))
    monkeypatch.setattr(module, "sweep_artifacts", lambda: None)
    monkeypatch.setattr(module, "beat", lambda worker, pool: calls["beats"].append((worker, pool)))
    monkeypatch.setattr(module, "advance", lambda pk, worker, pools: calls["advanced"].append(pk))
    monkeypatch.setattr(module.connections, "close_all", lambda: None)
    return calls


def wait_for(condition, seconds: float = 5.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not come to that"
        time.sleep(0.01)


@pytest.fixture
def running(quiet):
    made = Sweeper("main", "host:1")
    made.start()
    yield made
    made.stop()


def test_it_says_that_it_lives_and_expires_what_lapsed(running, quiet):
    wait_for(lambda: quiet["beats"] and quiet["expired"])
    assert quiet["beats"][0] == ("host:1", "main")


def test_what_is_due_is_advanced_and_not_twice_at_once(quiet, monkeypatch):
    gate, started = threading.Event(), []

    def slow(pk, worker, pools):
        started.append((pk, worker.partition("/")[0]))
        gate.wait(5)

    monkeypatch.setattr(module, "advance", slow)
    monkeypatch.setattr(module.sweeping, "due", lambda pools, limit: ["dep_1"])
    made = Sweeper("main", "host:1")
    made._sweep()
    made._sweep()
    wait_for(lambda: started)
    assert (started, made.running) == ([("dep_1", "host:1")], {"dep_1"})
    gate.set()
    wait_for(lambda: not made.running)
    made.executor.shutdown()


def test_a_nudge_makes_it_look_again_at_once(running, quiet, monkeypatch):
    looked = threading.Event()

    def due(pools, limit):
        looked.set()
        return []

    monkeypatch.setattr(module.sweeping, "due", due)
    nudge()
    assert looked.wait(5)


def test_it_goes_on_after_an_error(quiet, monkeypatch):
    looks = []

    def due(pools, limit):
        looks.append(pools)
        if len(looks) == 1:
            raise RuntimeError("the database is away")
        return []

    monkeypatch.setattr(module.sweeping, "due", due)
    made = Sweeper("main", "host:1")
    made.start()
    wait_for(lambda: looks)
    made.wake.set()
    wait_for(lambda: len(looks) > 1)
    made.stop()
    assert looks[0] == ("main",)


def test_one_that_fails_does_not_stay_marked_as_running(quiet, monkeypatch):
    def broken(pk, worker):
        raise RuntimeError("a bug")

    monkeypatch.setattr(module, "advance", broken)
    made = Sweeper("main", "host:1")
    made.running.add("dep_1")
    made._run(made._advance, "dep_1")
    assert made.running == set()
    assert made.wake.is_set()
    made.executor.shutdown()


def test_stopped_its_threads_are_gone_and_nobody_is_nudged(quiet):
    made = Sweeper("*", "host:1")
    made.start()
    made.stop()
    assert [thread.is_alive() for thread in made.threads] == [False] * 4
    assert made not in module._here
    assert made.pools is None


@pytest.mark.parametrize(
    ("left", "least", "most"), [(3.0, 2.5, 3.0), (-5.0, module.SHORTEST, module.SHORTEST)]
)
@pytest.mark.django_db
def test_it_sleeps_until_the_next_is_due(quiet, monkeypatch, settings, left, least, most):
    settings.SWEEP_SECONDS = 10
    monkeypatch.setattr(module.sweeping, "next_due", lambda pools: raw_now() + timedelta(seconds=left))
    made = Sweeper("main", "host:1")
    assert least <= made._until_next() <= most
    made.running.add("dep_1")
    assert made._until_next() >= (0.1 if left < 0 else least)
    made.executor.shutdown()


def test_with_nothing_to_come_it_sleeps_one_sweep(quiet, settings):
    settings.SWEEP_SECONDS = 7
    made = Sweeper("main", "host:1")
    assert made._until_next() == 7
    made.executor.shutdown()


@pytest.mark.django_db
def test_a_beat_is_a_row_of_the_pool(settings):
    made = Sweeper("main", "host:9")
    assert made._beat() == settings.WORKER_ALIVE_SECONDS / 4
    assert Worker.objects.get(pk="host:9").pool == "main"
    made.executor.shutdown()
