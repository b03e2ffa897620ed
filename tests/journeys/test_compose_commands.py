"""Every `command:` of docker-compose.yml, word for word, run as a process on servers of our own.

Only what the container would give is put in its place: the secret files, the port, the file that says alive.
"""

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import yaml
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests import servers

ROOT = Path(__file__).resolve().parent.parent.parent
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LASTING = ["web", "worker-nonprod", "worker-prod", "beat", "sealer"]
HEALTHY_WITHIN = 45.0
GONE_WITHIN = 20.0

pytestmark = [pytest.mark.journey, pytest.mark.postgresql]

# What docs/how-to/install.md tells a database administrator to run.
ROLES = (ROOT / "docs/how-to/roles.sql").read_text()


class Host:
    """What docker would be: turns a service of the file into a process, and runs its health check."""

    def __init__(self, home: Path, postgres: servers.PostgresServer, redis: servers.RedisServer):
        self.home, self.redis = home, redis
        self.port = servers.free_port()
        self.secrets = home / "secrets"
        self.secrets.mkdir()
        place = f"127.0.0.1:{postgres.port}/releasegate"
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        values = {
            "secret_key": "f" * 60,
            "database_url": f"postgres://gate_web@{place}?role=releasegate_app",
            "database_owner_url": f"postgres://gate_owner@{place}?role=releasegate_owner",
            "database_sealer_url": f"postgres://gate_sealer@{place}?role=releasegate_sealer",
            "audit_signing_key": pem,
            "aws": "",
        }
        for name, value in values.items():
            (self.secrets / name).write_text(value)

    def _place(self, text: str, name: str) -> str:
        """The container's paths and ports, as they are here."""
        text = text.replace("/run/secrets", str(self.secrets)).replace(
            "/tmp/alive", str(self.home / f"{name}.alive")
        )
        return text.replace(":8000", f":{self.port}").replace(
            "redis://redis:6379", self.redis.url.removesuffix("/0")
        )

    def environment(self, name: str) -> dict[str, str]:
        named = {key: self._place(value, name) for key, value in SERVICES[name]["environment"].items()}
        given = {"RELEASEGATE_PUBLIC_URL": "https://gate.example", "ALLOWED_HOSTS": "gate.example"}
        given["RELEASEGATE_AUDIT_ORIGIN"] = "gate.example/audit"
        named = {key: value for key, value in named.items() if not value.startswith("${")} | given
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        home = {"HOME": str(self.home), "RELEASEGATE_DATA_DIR": str(self.home / "data")}
        return {"PATH": path, **home, **named, "RELEASEGATE_AWS_REGION": "eu-west-1"}

    def command(self, name: str) -> list[str]:
        return shlex.split(self._place(SERVICES[name]["command"], name))

    def healthy(self, name: str) -> bool:
        kind, *test = SERVICES[name]["healthcheck"]["test"]
        words = [self._place(word, name).replace("$$", "$") for word in test]
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        return subprocess.run(command, env=self.environment(name), capture_output=True).returncode == 0


@pytest.fixture(scope="module")
def host(tmp_path_factory) -> Iterator[Host]:
    postgres, redis = servers.private_postgres(), servers.private_redis()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE releasegate")
    with psycopg.connect(postgres.url.replace("/postgres", "/releasegate"), autocommit=True) as connection:
        connection.execute(ROLES)
    made = Host(tmp_path_factory.mktemp("host"), postgres, redis)
    collect = [sys.executable, "manage.py", "collectstatic", "--noinput"]  # the image has done it
    for command, name in ((made.command("migrate"), "migrate"), (collect, "web")):
        run = subprocess.run(
            command, env=made.environment(name), cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert run.returncode == 0, run.stderr[-3000:]
    yield made
    redis.remove()
    postgres.remove()


def test_setting_up_twice_does_no_harm(host):
    run = subprocess.run(
        host.command("migrate"), env=host.environment("migrate"), cwd=ROOT, capture_output=True, text=True
    )
    assert (run.returncode, run.stderr[-2000:].count("Traceback")) == (0, 0)


@pytest.mark.parametrize("name", LASTING)
def test_the_command_becomes_healthy_and_ends_when_told(host, name):
    log = host.home / f"{name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            host.command(name),
            env=host.environment(name),
            cwd=ROOT,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        until = time.monotonic() + HEALTHY_WITHIN
        while not host.healthy(name):
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < until, log.read_text()[-3000:]
            time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        assert process.wait(GONE_WITHIN) in {0, -signal.SIGTERM}, log.read_text()[-3000:]
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.mark.parametrize("name", [name for name in LASTING if name != "web"])
def test_what_does_not_run_is_not_healthy(host, name):
    alive = host.home / f"{name}.alive"
    alive.unlink(missing_ok=True)
    assert not host.healthy(name)
    alive.touch()
    os.utime(alive, (time.time() - 300, time.time() - 300))
    assert not host.healthy(name)


def test_the_application_role_cannot_rewrite_the_log_whatever_it_says(host):
    url = (host.secrets / "database_url").read_text().replace("?role=releasegate_app", "")
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in (
            "DELETE FROM audit_auditevent",
            "SET ROLE releasegate_owner",
            "SET ROLE releasegate_sealer",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
