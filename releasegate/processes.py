"""The long-running parts as objects: a worker (Celery consumer and sweeper), the scheduler. Used by the
commands of production, each in a process of its own, and by the embedded mode, all in one."""

import os
import signal
import socket
import threading
from pathlib import Path

from celery import beat
from celery.worker import WorkController
from django.db import connections

from deployments.sweeper import Sweeper
from releasegate.celery import app

STOP_SECONDS = 4.0
ALIVE_SECONDS = 5.0  # between two touches of the file that says we live


class WorkerPart:
    """Takes bells from its pool's queue and the default one; its sweeper works with or without a broker."""

    def __init__(self, pool: str, *, threads: int = 4, name: str | None = None):
        self.name = name or f"{pool}@{socket.gethostname()}:{os.getpid()}"
        queues = ["default"] if pool == "*" else [f"pool.{pool}", "default"]
        self.sweeper = Sweeper(pool, self.name, threads)
        self.controller = WorkController(
            app=app,
            pool_cls="threads",
            concurrency=threads,
            queues=queues,
            hostname=self.name,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self.thread = threading.Thread(target=self.controller.start, name="celery", daemon=True)

    def start(self) -> None:
        """The sweeper first: it must work even where the consumer never connects."""
        self.sweeper.start()
        self.thread.start()

    def is_alive(self) -> bool:
        """Do the sweeper's threads run? The consumer may come and go with its broker."""
        return all(thread.is_alive() for thread in self.sweeper.threads)

    def stop(self) -> None:
        """Let what runs finish its step, then end; the consumer gets STOP_SECONDS."""
        ending = threading.Thread(target=self.controller.stop, kwargs={"in_sighandler": False}, daemon=True)
        ending.start()
        self.sweeper.stop()
        ending.join(STOP_SECONDS)


class BeatPart:
    """Rings the periodic bells of releasegate/celery.py."""

    def __init__(self):
        self.service = beat.Service(app, scheduler_cls="celery.beat:Scheduler")
        self.service.max_interval = 1
        self.thread = threading.Thread(
            target=self.service.start, kwargs={"embedded_process": False}, name="beat", daemon=True
        )

    def start(self) -> None:
        self.thread.start()

    def is_alive(self) -> bool:
        return self.thread.is_alive()

    def stop(self) -> None:
        self.service.stop()


def until_told_to_stop(part=None, alive_file: Path | None = None) -> None:
    """Block the main thread until SIGINT or SIGTERM; touch `alive_file` every few seconds while `part` works."""
    told = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told.set())
    while not told.wait(ALIVE_SECONDS):
        if alive_file is not None and part.is_alive():
            alive_file.touch()


def run(part, alive_file: Path | None = None) -> None:
    """A command's whole life: start the part, wait for a signal, stop it, and leave no thread behind."""
    part.start()
    until_told_to_stop(part, alive_file)
    part.stop()
    connections.close_all()
    os._exit(0)  # daemon threads of the broker's client may hang in a socket for longer than anybody waits
