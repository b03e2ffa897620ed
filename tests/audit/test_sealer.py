"""The sealing loop: what it does at a start, while it runs, and when something is wrong."""

import logging
import time

import pytest
from django.db import OperationalError, connection

from audit import sealer as module
from audit.integrity import LogMismatch
from audit.models import AuditEvent, Checkpoint, Leaf, SealerState
from audit.sealer import SealerLoop
from tests.audit.log import SIGNER, add, sealed
from tests.audit.tampering import tamper
from tests.database import APP, SEALER, as_sealer, use_role

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quick(settings):
    settings.SEAL_SECONDS, settings.HEARTBEAT_SECONDS = 0.02, 300


@pytest.fixture
def running(tmp_path):
    """A loop in its own thread, acting as the sealer's role; stopped at the end."""
    use_role(SEALER)
    loop = SealerLoop(SIGNER, tmp_path / "alive")
    loop.start()
    use_role(SEALER)
    yield loop
    loop.stop()
    use_role(APP)
    connection.close()


def until(condition, seconds: float = 10.0) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.01)
    return False


def tick(loop: SealerLoop) -> int:
    with as_sealer():
        return loop.tick()


def test_the_first_tick_checks_says_so_and_seals():
    add(3)
    loop = SealerLoop(SIGNER)
    assert tick(loop) == 4
    assert AuditEvent.objects.filter(kind="log.sealed").count() == 1
    state = SealerState.objects.get()
    assert (state.mismatch, state.verified_at is not None) == ("", True)
    assert tick(loop) == 0
    assert SealerState.objects.get().verified_at == state.verified_at


def test_a_heartbeat_comes_when_it_is_due_and_not_before(settings):
    loop = SealerLoop(SIGNER)
    tick(loop)
    tick(loop)
    assert not AuditEvent.objects.filter(kind="log.heartbeat").exists()
    loop._next_beat = 0.0
    assert tick(loop) == 1
    assert tick(loop) == 0
    assert AuditEvent.objects.filter(kind="log.heartbeat").count() == 1


def test_old_events_are_found_by_the_full_search_though_not_by_the_usual_one(monkeypatch):
    loop = SealerLoop(SIGNER)
    tick(loop)
    monkeypatch.setattr(module, "RECENT", -module.timedelta(days=1))  # the usual search sees nothing
    add(2)
    assert tick(loop) == 0
    loop._next_full = 0.0
    assert tick(loop) == 2


def test_a_log_that_does_not_match_is_never_signed_again(caplog):
    sealed(3)
    tamper("DELETE FROM audit_leaf WHERE leaf_index = 2")
    loop = SealerLoop(SIGNER)
    with as_sealer(), caplog.at_level(logging.CRITICAL):
        assert loop._guarded_tick() == 0
    assert "there are 2 leaves, but 3 were signed" in loop.mismatch
    assert SealerState.objects.get().mismatch == loop.mismatch
    assert "sealing has stopped" in caplog.text
    add(1)
    assert tick(loop) == 0
    assert Checkpoint.objects.count() == 1
    with pytest.raises(LogMismatch):
        tick(SealerLoop(SIGNER))


def test_a_mismatch_is_forgotten_only_after_the_whole_log_was_checked(caplog):
    sealed(2)
    with as_sealer():
        module.report("leaf 1 is gone")
    tick(SealerLoop(SIGNER))
    assert SealerState.objects.get().mismatch == ""


def test_a_database_that_is_away_is_waited_for(monkeypatch, caplog):
    loop = SealerLoop(SIGNER)

    def away(*args, **said):
        raise OperationalError("away")

    with monkeypatch.context() as patch:
        patch.setattr(module, "check_whole_log", away)
        assert loop._guarded_tick() == 0
    assert loop.mismatch == ""
    assert "tries again" in caplog.text
    add(1)
    assert tick(loop) == 2


def test_a_sealer_that_cannot_report_goes_on(monkeypatch, caplog):
    def away(*args, **said):
        raise OperationalError("away")

    monkeypatch.setattr(module, "report", away)
    add(1)
    assert tick(SealerLoop(SIGNER)) == 2
    assert "cannot report" in caplog.text


@pytest.mark.one_database
def test_the_thread_seals_what_comes_and_touches_its_file(running, tmp_path):
    add(5)
    assert until(lambda: Leaf.objects.count() == 6)
    assert (tmp_path / "alive").exists()
    add(1)
    assert until(lambda: Leaf.objects.count() == 7)


@pytest.mark.one_database
def test_stopping_does_not_wait_for_the_pause_to_end(settings, request):
    settings.SEAL_SECONDS = 3600
    running = request.getfixturevalue("running")
    assert until(lambda: Checkpoint.objects.exists())
    running.stop(timeout=60)
    assert not running.is_alive()
    add(1)
    time.sleep(0.1)
    assert Leaf.objects.count() == 1


def test_stopping_a_loop_that_never_ran_is_harmless():
    SealerLoop(SIGNER).stop()
