"""How a demo begins, ends and begins again: signals, kept data, --reset, and what it refuses."""

import signal
import socket
import time
from pathlib import Path

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_ACCOUNT
from aws.sandbox.seed import DEMO_ACCOUNTS, root_clients
from releasegate.demo.client import Client
from tests.demo.running import Demo, launch, living, run
from tests.journeys.wire import until

pytestmark = [pytest.mark.journey, pytest.mark.one_database]
END_SECONDS, LATER_START_SECONDS = 5, 10
FOREIGN = {
    "AWS_ACCESS_KEY_ID": "AKIAREALREALREALREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_SESSION_TOKEN": "real",
    "AWS_PROFILE": "real",
    "AWS_ENDPOINT_URL": "https://sts.amazonaws.com",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/real",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "RELEASEGATE_AWS_ENDPOINT_URL": "https://sts.amazonaws.com",
    "RELEASEGATE_FAILPOINT": "before_intent",
}


def accounts(demo: Demo) -> dict:
    """Everything all accounts of the sandbox hold: objects with their version ids, roles, stacks, builds, …"""
    return SandboxControl(demo.aws).listings()


def deployments(demo: Demo) -> list[tuple]:
    rows = demo.person("rita").get("/deployments", limit=200)["items"]
    return sorted((row["id"], row["state"]) for row in rows)


@pytest.mark.timeout(600)  # four starts
def test_a_whole_life(tmp_path):
    """Start among foreign settings; Ctrl-C; start again; kill -9; start again; --reset."""
    where = tmp_path / "data"
    first = Demo(where, env=FOREIGN)
    try:
        _carries_nothing_along(first)
        before = (accounts(first), deployments(first))
        assert before[0]["333333333333"]["stacks"], "the seed made no stack in prod"
        assert set(before[0]) == {TOOLS_ACCOUNT, *DEMO_ACCOUNTS}
        _refuses_a_second_on_the_same_directory(first)
        took = first.end(signal.SIGINT)
        print(f"Ctrl-C: gone after {took:.1f} s")
        assert (took <= END_SECONDS, first.process.returncode, first.processes()) == (True, 0, [])
        assert not answers(first.aws)
    finally:
        first.kill()
    second = Demo(where)
    try:
        print(f"second start: {second.ready_after:.1f} s, {second.worked:.1f} s of it on the processor")
        assert second.worked <= LATER_START_SECONDS
        _same_secrets(first, second)
        assert (accounts(second), deployments(second)) == before
        put = _post(second, "8.0.0")
        _lay_over_and_delete(second)
        kept = (accounts(second), deployments(second))
    finally:
        second.kill()
    third = Demo(where)
    try:
        print(f"start after kill -9: {third.ready_after:.1f} s, {third.worked:.1f} s of it on the processor")
        assert third.worked <= LATER_START_SECONDS
        _same_secrets(first, third)
        assert (accounts(third), deployments(third)) == kept
        build = third.ci("storefront").get(f"/builds/{put}")
        assert (build["version"], build["state"]) == ("8.0.0", "verified")
        assert third.end(signal.SIGTERM) <= END_SECONDS
    finally:
        third.kill()
    _starts_over(third)


def _starts_over(old: Demo) -> None:
    fresh = Demo(old.data_dir, "--reset")
    try:
        assert fresh.said["users"]["rita"]["password"] != old.said["users"]["rita"]["password"]
        assert fresh.ci("storefront").get("/builds", version="8.0.0")["items"] == []
        assert old.ci("storefront").token not in (fresh.data_dir / "demo.json").read_text()
    finally:
        fresh.kill()


def _same_secrets(one: Demo, other: Demo) -> None:
    for name in ("users", "application_tokens", "artifacts", "environments"):
        assert one.said[name] == other.said[name], name


def _carries_nothing_along(demo: Demo) -> None:
    """Not one variable of the caller that could reach something real is in the process or in its children."""
    for pid in demo.processes():
        held = dict(
            line.split("=", 1) for line in Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in line
        )
        assert set(held) & set(FOREIGN) == set()
        assert not [name for name in held if name.startswith("AWS_") and name != "AWS_EC2_METADATA_DISABLED"]


def _refuses_a_second_on_the_same_directory(demo: Demo) -> None:
    again = run(demo.data_dir)
    assert (again.returncode, again.stdout) == (1, "")
    assert "Another demo runs on" in again.stderr
    wiped = run(demo.data_dir, "--reset")
    assert (wiped.returncode, wiped.stdout) == (1, "")
    assert demo.person("rita").get("/board")["items"], "--reset of a second one touched the first"


def _post(demo: Demo, version: str) -> str:
    ci = demo.ci("storefront")
    body = {
        "application": "storefront",
        "version": version,
        "commit": "b" * 40,
        "branch": "main",
        "repository": "https://git.acme.example/storefront",
        "artifacts": demo.said["artifacts"]["storefront"]["1.1.0"],
    }
    made = ci.post("/builds", body)
    until(lambda: ci.get(f"/builds/{made['id']}")["state"] == "verified", what="the build is verified")
    return made["id"]


def _lay_over_and_delete(demo: Demo) -> None:
    """Two versions of one key, then a delete marker: what a restart could most easily mix up."""
    s3 = root_clients(demo.aws)("s3", TOOLS_ACCOUNT, demo.said["aws"]["region"])
    where = {"Bucket": demo.said["aws"]["artifact_bucket"], "Key": "life/one"}
    versions = [s3.put_object(**where, Body=body)["VersionId"] for body in (b"first", b"second")]
    assert s3.delete_object(**where)["DeleteMarker"]
    assert s3.get_object(**where, VersionId=versions[0])["Body"].read() == b"first"


def answers(url: str) -> bool:
    host, _, port = url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), 0.5).close()
        return True
    except OSError:
        return False


def test_a_directory_with_somebodys_files_is_left_alone_even_with_reset(tmp_path):
    (tmp_path / "thesis.txt").write_text("three years of work")
    for flags in ((), ("--reset",)):
        refused = run(tmp_path, *flags)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert "not of a demo" in refused.stderr
        assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]
    assert (tmp_path / "thesis.txt").read_text() == "three years of work"


def test_production_settings_are_refused_before_anything_is_made(tmp_path):
    real = {
        "RELEASEGATE_MODE": "production",
        "SECRET_KEY": "k" * 60,
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/real",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    refused = run(tmp_path / "data", env=real)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "production settings" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_the_inner_command_cannot_be_started_around_the_outer_one(tmp_path):
    around = {"RELEASEGATE_DEMO": "1", "RELEASEGATE_AWS_ENDPOINT_URL": "https://sts.amazonaws.com"}
    inner = run(tmp_path / "data", "--host", "127.0.0.1", command="demo_process", env=around)
    assert (inner.returncode, inner.stdout) == (1, "")
    assert "manage.py demo" in inner.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    refused = run(tmp_path / "data", "--port", port)
    assert refused.returncode in {1, 2}
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_in_use_is_refused_in_one_sentence(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = run(tmp_path / "data", "--port", str(taken.getsockname()[1]))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "cannot be used" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_ctrl_c_during_the_start_is_heard_at_once_and_the_next_start_goes_on(tmp_path):
    where = tmp_path / "data"
    process, log = launch(where)
    try:
        until(lambda: (where / "aws").exists(), what="the sandbox starts")
        time.sleep(2)  # somewhere in the middle of the seed
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        process.wait(30)
        print(f"Ctrl-C during the start: gone after {time.monotonic() - began:.1f} s")
        assert time.monotonic() - began <= END_SECONDS
        assert (process.stdout.read(), living(process.pid)) == (b"", []), log.read_text()
    finally:
        process.kill()
        process.stdout.close()
    again = Demo(where)
    try:
        board = again.person("rita").get("/board")["items"]
        found = {(row["application"], row["environment"]): row["version"] for row in board}
        assert {found[name, "prod-eu"] for name in ("payments", "storefront")} == {"1.0.0"}
        assert {found[name, "staging"] for name in ("payments", "storefront")} == {"1.1.0"}
        for name, user in again.said["users"].items():
            Client(again.url).sign_in(name, user["password"])  # raises if the password is not theirs
    finally:
        again.kill()
