"""Where the benches run: a throw-away database, and the product's own processes in production's mode."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from audit.grants import APP, SEALER
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from bench import servers

ROOT = Path(__file__).resolve().parent.parent
REGION = "eu-west-1"
# As in docker-compose.yml: two processes of eight threads.
GUNICORN = ("--worker-class=gthread", "--workers=2", "--threads=8", "--timeout=90", "--log-level=warning")
FORGET = ("RELEASEGATE_", "DATABASE_", "AWS_", "SECRET_KEY", "DJANGO_")


@contextlib.contextmanager
def database_of_our_own(server: str) -> Iterator[str]:
    """The address of a fresh database on `server`, as its superuser; it is dropped at the end."""
    name = f"bench_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True, connect_timeout=3) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}", query="").geturl()
    finally:
        place.stop()
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def environment(home: Path, database: str, redis: str) -> dict[str, str]:
    """What this process and its children run with; a shell's own settings are left out."""
    for name in [name for name in os.environ if name.startswith(FORGET)]:
        del os.environ[name]
    return {
        "DJANGO_SETTINGS_MODULE": "bench.settings",
        "RELEASEGATE_MODE": "production",
        "RELEASEGATE_DATA_DIR": str(home),
        "RELEASEGATE_BEHIND_TLS_PROXY": "true",
        "RELEASEGATE_AUDIT_ORIGIN": "bench.example/audit",
        "RELEASEGATE_POLL_SECONDS": "0.2",
        "RELEASEGATE_AWS_ACCESS_KEY_ID": TOOLS_ACCESS_KEY_ID,
        "RELEASEGATE_AWS_SECRET_ACCESS_KEY": TOOLS_SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "LOG_LEVEL": "WARNING",
        "ALLOWED_HOSTS": "127.0.0.1,localhost",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "REDIS_URL": redis,
        "DATABASE_OWNER_URL": database,
        "DATABASE_URL": f"{database}?role={APP}",
        "RELEASEGATE_AUDIT_SIGNING_KEY": _signing_key(),
        "DATABASE_SEALER_URL": f"{database}?role={SEALER}",
    }


def _signing_key() -> str:
    private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Place:
    """The processes that are up, by name. `stop()` ends all of them."""

    def __init__(self):
        self.processes: dict[str, subprocess.Popen] = {}
        self.env: dict[str, str] = {}  # what the benches found out and later processes must know

    def run(self, *command: str, **env: str) -> None:
        """`manage.py` with this command to its end; RuntimeError with what it said otherwise."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=os.environ | self.env | env,
            capture_output=True,
            text=True,
            timeout=180,
        )
        if done.returncode != 0:
            raise RuntimeError(f"{command[0]}: {done.stderr[-2000:]}")

    def launch(self, name: str, *command: str, **env: str) -> subprocess.Popen:
        """A child in a session of its own; its stdout can be read, its stderr is ours."""
        self.processes[name] = subprocess.Popen(
            [sys.executable, *command],
            cwd=ROOT,
            env=os.environ | self.env | env,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        return self.processes[name]

    def manage(self, name: str, *command: str, **env: str) -> subprocess.Popen:
        return self.launch(name, "manage.py", *command, **env)

    def web(self, name: str = "web", **env: str) -> int:
        """A web server as production's; returns its port on 127.0.0.1 once it answers."""
        port = servers.free_port()
        process = self.launch(
            name, "-m", "gunicorn", "releasegate.wsgi", *GUNICORN, f"--bind=127.0.0.1:{port}", **env
        )
        until = time.monotonic() + 60
        while not servers.answers("127.0.0.1", port):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the web server did not start")
            time.sleep(0.05)
        return port

    def stop(self, *names: str) -> None:
        """End these processes with everything they started; without names, all."""
        for name in names or tuple(self.processes):
            process = self.processes.pop(name)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            process.stdout.close()


place = Place()
