"""A doorbell carries an id and does one thing; a forged one only makes us look."""

import os
import threading
from types import SimpleNamespace

import pytest

from deployments import sweeper, tasks


@pytest.fixture
def seen(monkeypatch) -> list:
    """What the tasks called, in order."""
    calls = []
    monkeypatch.setattr(
        tasks, "advance_one", lambda pk, worker, pools: calls.append(("advance", pk, worker, pools))
    )
    monkeypatch.setattr(sweeper, "_here", [SimpleNamespace(pools=("prod",))])
    monkeypatch.setattr(tasks, "nudge", lambda: calls.append(("nudge",)))
    monkeypatch.setattr(tasks.sweeping, "sweep", lambda: calls.append(("sweep",)))
    monkeypatch.setattr(tasks.sweeping, "sweep_build", lambda pk: calls.append(("sweep_build", pk)))
    return calls


def test_their_names_are_what_bells_ring(seen):
    names = [task.name for task in (tasks.advance, tasks.sweep, tasks.sweep_build)]
    assert names == ["deployments.advance", "deployments.sweep", "deployments.sweep_build"]
    assert (tasks.test_account.name, tasks.export.name) == ("deployments.test_account", "deployments.export")


def test_advance_moves_one_and_wakes_the_sweeper(seen):
    tasks.advance("dep_1")
    assert seen == [("advance", "dep_1", tasks.worker_name(), ("prod",)), ("nudge",)]
    assert tasks.worker_name().endswith(f":{os.getpid()}")


def test_each_sweep_calls_its_action_with_the_id_it_was_given(seen):
    tasks.sweep()
    tasks.sweep_build("bld_1")
    assert seen == [("sweep",), ("sweep_build", "bld_1")]


def test_a_bell_for_a_connection_test_carries_what_this_process_serves(monkeypatch):
    seen = []
    monkeypatch.setattr(tasks, "answer_account_test", lambda pk, **more: seen.append((pk, more["pools"])))
    monkeypatch.setattr(sweeper, "_here", [])
    tasks.test_account("tst_1")
    monkeypatch.setattr(sweeper, "_here", [SimpleNamespace(pools=("prod",))])
    tasks.test_account("tst_2")
    monkeypatch.setattr(sweeper, "_here", [SimpleNamespace(pools=None)])
    tasks.test_account("tst_3")
    assert seen == [("tst_1", ()), ("tst_2", ("prod",)), ("tst_3", None)]


def test_a_bell_for_an_export_wakes_the_thread_that_writes_them(monkeypatch):
    woken = threading.Event()
    monkeypatch.setattr(sweeper, "_here", [SimpleNamespace(wake_exporter=woken)])
    tasks.export("exp_1")
    assert woken.is_set()


@pytest.mark.django_db
@pytest.mark.parametrize("forged", ["dep_none", "", "'; DROP TABLE", 7])
def test_a_forged_bell_does_nothing(forged, world):
    asked = world.asked()
    before = world.fresh(asked).state_version
    tasks.advance(forged)
    assert (world.fresh(asked).state_version, world.fresh(asked).state) == (before, "needs_approval")
