"""kill -9 a sealer again and again while events are written: no event lost, none twice, no gap, no fork."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from audit.integrity import check_whole_log
from audit.models import AuditEvent, Checkpoint, Leaf
from audit.note import open_checkpoint, read_verifier_key
from audit.signer import load_signer
from cli.relgate import read_key, verify_bundle
from tests.audit.log import add, bundle
from tests.database import SEALER, address

ROOT = Path(__file__).resolve().parents[2]
KILLS = 8

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


class Sealers:
    """`manage.py sealer` processes on this test's database, with one key."""

    def __init__(self, home: Path):
        self.home, self.running = home, []

    def start(self) -> None:
        environment = (
            os.environ
            | {
                "DATABASE_URL": address(SEALER),
                "RELEASEGATE_DATA_DIR": str(self.home),
                "RELEASEGATE_TIME_SCALE": "0.002",  # a batch every two milliseconds: kills fall into the middle of one
            }
        )
        command = [sys.executable, "manage.py", "sealer"]
        self.running.append(
            subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
        )

    def kill(self) -> None:
        victim = self.running.pop(0)
        victim.send_signal(signal.SIGKILL)
        victim.wait()


@pytest.fixture
def sealers(transactional_db, tmp_path, settings):
    settings.DATA_DIR = tmp_path
    load_signer()
    group = Sealers(tmp_path)
    yield group
    while group.running:
        group.kill()


def write_until(stop: threading.Event) -> None:
    while not stop.is_set():
        add(random.randint(1, 5), private={"comment": "under load"})
    connection.close()


def check(signer) -> None:
    """Everything sealed once, without a gap, under checkpoints that each continue the one before."""
    places = list(Leaf.objects.order_by("leaf_index").values_list("leaf_index", flat=True))
    assert places == list(range(AuditEvent.objects.count()))
    assert Leaf.objects.values("event_id").distinct().count() == len(places)
    key = read_verifier_key(signer.vkey)
    for row in Checkpoint.objects.all():
        assert open_checkpoint(row.note, key).root == bytes(row.root)
    assert check_whole_log(key) == len(places)
    assert verify_bundle(bundle(), read_key(signer.vkey))["leaves"] == len(places)


def test_killing_the_sealer_under_load_loses_and_doubles_nothing(sealers):
    stop = threading.Event()
    writers = [threading.Thread(target=write_until, args=(stop,)) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(KILLS):
            sealers.start()
            before, deadline = Checkpoint.objects.count(), time.monotonic() + 20
            while Checkpoint.objects.count() == before and time.monotonic() < deadline:
                time.sleep(0.02)
            assert Checkpoint.objects.count() > before  # it was at work when it died
            time.sleep(random.uniform(0, 0.2))
            sealers.kill()
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    finish(sealers)
    check(load_signer())


def test_two_sealers_at_once_never_seal_twice(sealers):
    sealers.start()
    sealers.start()
    stop = threading.Event()
    writer = threading.Thread(target=write_until, args=(stop,))
    writer.start()
    deadline = time.monotonic() + 40
    while Checkpoint.objects.count() < 20 and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    writer.join()
    assert Checkpoint.objects.count() >= 20
    assert all(process.poll() is None for process in sealers.running)
    finish(sealers)
    check(load_signer())


def finish(sealers: Sealers) -> None:
    """Let one sealer work off what is left, then end it between two batches."""
    if not sealers.running:
        sealers.start()
    deadline = time.monotonic() + 30
    while Leaf.objects.count() < AuditEvent.objects.count() and time.monotonic() < deadline:
        time.sleep(0.05)
    for process in sealers.running:
        process.send_signal(signal.SIGTERM)
    for process in sealers.running:
        assert process.wait(20) == 0
    sealers.running.clear()
    assert Leaf.objects.count() <= AuditEvent.objects.count()
    waiting = AuditEvent.objects.filter(leaf=None)
    while waiting.exists():  # a heartbeat may have come after the last batch
        once = os.environ | {"DATABASE_URL": address(SEALER), "RELEASEGATE_DATA_DIR": str(sealers.home)}
        subprocess.run([sys.executable, "manage.py", "sealer", "--once"], cwd=ROOT, env=once, check=True)
