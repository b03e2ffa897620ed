"""The commands: sealer, auditkey, setup_database."""

import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditEvent, Checkpoint, Leaf
from audit.signer import load_signer
from tests.audit.log import add, sealed
from tests.audit.tampering import tamper
from tests.database import SEALER, address, as_owner, as_sealer

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def key(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    return load_signer()


def test_the_key_is_printed_for_auditors(key, capsys):
    call_command("auditkey")
    assert capsys.readouterr().out == f"{key.vkey}\n"


@pytest.mark.django_db(transaction=True)
def test_once_seals_what_waits_and_ends(key, capsys):
    add(3)
    with as_sealer():
        call_command("sealer", "--once")
        call_command("sealer", "--once")
    assert capsys.readouterr().out == "sealed 4\nsealed 1\n"  # each start says so in the log
    assert Leaf.objects.count() == AuditEvent.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_once_refuses_a_log_that_does_not_match(key):
    sealed(2)  # by the tests' key, not by this one
    with as_sealer(), pytest.raises(CommandError, match="does not match"):
        call_command("sealer", "--once")
    assert Checkpoint.objects.count() == 1


@pytest.fixture
def process(transactional_db, tmp_path):
    """`manage.py sealer` as its own process on this test's database, in the sealer's role."""
    environment = os.environ | {
        "DATABASE_URL": address(SEALER),
        "RELEASEGATE_DATA_DIR": str(tmp_path),
        "RELEASEGATE_TIME_SCALE": "0.05",
    }
    command = [sys.executable, "manage.py", "sealer", "--alive-file", str(tmp_path / "alive")]
    started = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE)
    yield started
    started.kill()
    started.wait()
    started.stderr.close()


def wait_for(condition) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not condition():
        time.sleep(0.05)
    return condition()


@pytest.mark.django_db(transaction=True)
def test_the_process_seals_says_that_it_lives_and_ends_on_sigterm(process, tmp_path):
    add(3)
    assert wait_for(lambda: Leaf.objects.filter(event__kind="build.received").count() == 3)
    assert (tmp_path / "alive").exists()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


@pytest.mark.django_db(transaction=True)
def test_the_process_stops_signing_on_a_mismatch_and_its_file_grows_old(process, tmp_path):
    assert wait_for(lambda: Checkpoint.objects.exists())
    tamper("DELETE FROM audit_leaf WHERE leaf_index = 0")
    size = Checkpoint.objects.count()
    add(2)
    time.sleep(0.5)
    assert Checkpoint.objects.count() == size
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 1


@pytest.mark.django_db(transaction=True)
def test_setting_the_database_up_twice_is_the_same_as_once():
    out = StringIO()
    with as_owner():
        call_command("setup_database", stderr=out)
        call_command("setup_database", stderr=out)
    assert out.getvalue().count("the database is set up\n") == 2
    add(1)
    assert AuditEvent.objects.count() == 1
