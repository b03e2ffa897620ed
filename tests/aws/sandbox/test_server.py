"""The server: one per process, on the loopback only, stopped without leaving anything."""

import json
import signal
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.server import Sandbox
from tests.demo.running import processor_seconds


def started(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "aws.sandbox", *arguments], stdout=subprocess.PIPE, text=True
    )
    process.endpoint_url = json.loads(process.stdout.readline())["endpoint_url"]
    return process


def test_address_is_on_the_loopback(sandbox):
    assert urlsplit(sandbox.endpoint_url).hostname == "127.0.0.1"
    assert sandbox.control.health() is True


def test_second_sandbox_in_a_process_is_refused_and_the_first_goes_on(sandbox):
    with pytest.raises(RuntimeError, match="already running"):
        Sandbox().start()
    assert sandbox.control.health() is True


def test_sandbox_that_is_not_running_has_no_address_and_stops_in_peace():
    sandbox = Sandbox()
    sandbox.stop()
    with pytest.raises(RuntimeError, match="not running"):
        _ = sandbox.endpoint_url


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_prints_its_address_once_it_answers_and_ends_cleanly(number):
    process = started()
    try:
        assert processor_seconds(process.pid) < 8  # not seconds on the wall: a busy machine adds to those
        assert SandboxControl(process.endpoint_url).health() is True
        process.send_signal(number)
        assert process.wait(60) == 0
        with pytest.raises(OSError, match="refused"):
            SandboxControl(process.endpoint_url, timeout=1).health()
    finally:
        process.kill()
        process.communicate()


def test_token_secret_is_for_its_owner_only(tmp_path):
    process = started("--data-dir", str(tmp_path / "aws"))
    try:
        assert (tmp_path / "aws" / "token-secret").stat().st_mode & 0o777 == 0o600
    finally:
        process.kill()
        process.communicate()
