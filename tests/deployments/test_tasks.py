"""A doorbell carries an id and does one thing; a forged one only makes us look."""

import os

import pytest

from deployments import tasks


@pytest.fixture
def seen(monkeypatch) -> list:
    """What the tasks called, in order."""
    calls = []
    monkeypatch.setattr(tasks, "advance_one", lambda pk, worker: calls.append(("advance", pk, worker)))
    monkeypatch.setattr(tasks, "nudge", lambda: calls.append(("nudge",)))
    monkeypatch.setattr(tasks.sweeping, "sweep", lambda: calls.append(("sweep",)))
    monkeypatch.setattr(tasks.sweeping, "sweep_build", lambda pk: calls.append(("sweep_build", pk)))
    return calls


def test_their_names_are_what_bells_ring(seen):
    names = [task.name for task in (tasks.advance, tasks.sweep, tasks.sweep_build)]
    assert names == ["deployments.advance", "deployments.sweep", "deployments.sweep_build"]


def test_advance_moves_one_and_wakes_the_sweeper(seen):
    tasks.advance("dep_1")
    assert seen == [("advance", "dep_1", tasks.worker_name()), ("nudge",)]
    assert tasks.worker_name().endswith(f":{os.getpid()}")


def test_each_sweep_calls_its_action_with_the_id_it_was_given(seen):
    tasks.sweep()
    tasks.sweep_build("bld_1")
    assert seen == [("sweep",), ("sweep_build", "bld_1")]


@pytest.mark.django_db
@pytest.mark.parametrize("forged", ["dep_none", "", "'; DROP TABLE", 7])
def test_a_forged_bell_does_nothing(forged, world):
    asked = world.asked()
    before = world.fresh(asked).state_version
    tasks.advance(forged)
    assert (world.fresh(asked).state_version, world.fresh(asked).state) == (before, "needs_approval")
