"""A bell may get lost. It may not raise, and it may not make anybody wait."""

import contextlib
import queue
import socket
import threading
import time

import pytest
from celery import Celery
from django.db import transaction
from django.test import override_settings

from kernel import bell


class Broker:
    """Stands where Celery's current app stands. `hangs`: until `answers` is set, a send does not return.

    That nobody waits is seen without a clock: a caller who waited for a broker that hangs would never come back,
    and `callers` are the threads that talked to it.
    """

    def __init__(self, fail: Exception | None = None, *, hangs: bool = False):
        self.fail, self.answers = fail, threading.Event()
        self.sent: list[tuple] = []
        self.tried, self.callers = 0, set()
        if not hangs:
            self.answers.set()

    def send_task(self, task, args, queue, **options):
        self.tried += 1
        self.callers.add(threading.get_ident())
        self.answers.wait(60)
        if self.fail:
            raise self.fail
        self.sent.append((task, *args, queue))


class Client:
    """Celery's own app, with the threads that asked it to send."""

    def __init__(self, app: Celery):
        self.app, self.callers = app, set()

    def send_task(self, *args, **options):
        self.callers.add(threading.get_ident())
        return self.app.send_task(*args, **options)


@pytest.fixture
def broker(monkeypatch):
    def install(made):
        monkeypatch.setattr(bell, "current_app", made)
        monkeypatch.setattr(bell, "_ringer", bell._Ringer())
        return made

    yield install
    with contextlib.suppress(queue.Empty):  # an old thread must not ring at the next test's broker
        while True:
            bell._ringer.queue.get_nowait()


def wait_for(condition, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.005)


@pytest.mark.django_db(transaction=True)
@override_settings(SINGLE_QUEUE=False)
def test_a_bell_rings_when_the_transaction_has_committed(broker):
    made = broker(Broker())
    with transaction.atomic():
        bell.ring("deployments.advance", "dep_1", queue="pool.main")
        time.sleep(0.05)
        assert made.tried == 0
    wait_for(lambda: made.sent)
    assert made.sent == [("deployments.advance", "dep_1", "pool.main")]


@pytest.mark.django_db(transaction=True)
def test_what_was_rolled_back_does_not_ring(broker):
    made = broker(Broker())
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        bell.ring("deployments.advance", "dep_1", queue="default")
        raise ZeroDivisionError
    time.sleep(0.1)
    assert made.tried == 0


@pytest.mark.django_db(transaction=True)
@override_settings(SINGLE_QUEUE=True)
def test_the_embedded_mode_has_one_queue(broker):
    made = broker(Broker())
    bell.ring("deployments.advance", "dep_1", queue="pool.main")
    wait_for(lambda: made.sent)
    assert made.sent == [("deployments.advance", "dep_1", "default")]


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_is_not_noticed_by_the_caller(broker):
    made = broker(Broker(fail=ConnectionRefusedError("no broker")))
    for number in range(200):
        bell.ring("deployments.advance", f"dep_{number}", queue="default")
    wait_for(lambda: bell._ringer.failed == 200)
    assert made.tried == 1  # then the breaker is open
    assert threading.get_ident() not in made.callers


@pytest.mark.django_db(transaction=True)
def test_a_broker_that_hangs_is_not_waited_for(broker):
    made = broker(Broker(hangs=True))
    for number in range(50):
        bell.ring("deployments.advance", f"dep_{number}", queue="default")
    assert made.sent == []  # all were rung before the first was answered
    made.answers.set()
    wait_for(lambda: len(made.sent) == 50)


@pytest.mark.django_db(transaction=True)
def test_after_a_while_the_broker_is_tried_again(broker, monkeypatch):
    monkeypatch.setattr(bell, "OPEN_FOR", 0.05)
    made = broker(Broker(fail=OSError("down")))
    bell.ring("t", "1", queue="default")
    wait_for(lambda: bell._ringer.failed == 1)
    made.fail = None
    time.sleep(0.4)
    bell.ring("t", "2", queue="default")
    wait_for(lambda: made.sent == [("t", "2", "default")])


@pytest.mark.django_db(transaction=True)
def test_bells_beyond_the_limit_are_dropped_and_counted(broker, monkeypatch):
    monkeypatch.setattr(bell, "LIMIT", 3)
    made = broker(Broker(hangs=True))
    for number in range(10):
        bell.ring("t", str(number), queue="default")
    assert bell._ringer.failed >= 6
    assert made.sent == []
    made.answers.set()


@pytest.mark.django_db(transaction=True)
def test_a_real_client_without_a_server_makes_nobody_wait(broker, settings):
    """Celery's own redis client: a port where nothing listens, and one that accepts and never answers."""
    silent = socket.create_server(("127.0.0.1", 0))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        dead = closed.getsockname()[1]
    for port in (dead, silent.getsockname()[1]):
        app = Celery("t", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
        app.conf.broker_transport_options = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
        app.conf.broker_connection_timeout = 0.2
        client = broker(Client(app))
        bell.ring("t", "1", queue="default")
        wait_for(lambda: bell._ringer.failed == 1, 30)
        assert client.callers
        assert threading.get_ident() not in client.callers
    silent.close()


@pytest.mark.django_db(transaction=True)
def test_ringing_uses_one_thread_for_all(broker):
    broker(Broker())
    before = threading.active_count()
    for number in range(20):
        bell.ring("t", str(number), queue="default")
    assert threading.active_count() - before <= 1
