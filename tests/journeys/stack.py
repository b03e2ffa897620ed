"""The product as it runs in production: a web server, a worker for each pool, scheduler, sealer, and AWS's
stand-in, each a process of its own, on PostgreSQL and Redis. Everything is killed at the end; logs stay in build/.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import psycopg

from audit.grants import APP, SEALER
from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import Seeder, root_clients
from tests import servers
from tests.demo.running import LOGS, ROOT, surroundings
from tests.journeys.wire import Api, until

TIME_SCALE = "0.0667"  # fifteen times faster: a lease of two seconds
REGION = "eu-west-1"
PASSWORD = "a password for journeys only"


class Part:
    """One process; `log` holds all it said."""

    def __init__(self, name: str, command: list[str], env: dict[str, str], *, piped: bool = False):
        LOGS.mkdir(parents=True, exist_ok=True)
        self.name, self.log = name, LOGS / f"{os.getpid()}-{name}.log"
        self.fault = env.get("RELEASEGATE_FAILPOINT", "")
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=env,
                stdout=subprocess.PIPE if piped else out,
                stderr=out,
                start_new_session=True,
            )

    def first_line(self, seconds: float = 20) -> str:
        ready = select.select([self.process.stdout], [], [], seconds)[0]
        line = self.process.stdout.readline().decode() if ready else ""
        assert line, self.log.read_text()[-3000:]
        return line

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        """kill -9, with everything it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(10)
        if self.process.stdout:
            self.process.stdout.close()


class Stack:
    """`start()` it, then `url`, `control` (faults and counts of AWS), `person(name)`, `ci(application)`."""

    def __init__(self, home: Path, database: str, redis: str):
        self.home, self.database = home, database
        self.port = servers.free_port()
        self.url = f"http://localhost:{self.port}"
        self.parts: dict[str, Part] = {}
        self.tokens: dict[str, str] = {}
        self.env = surroundings() | {
            "RELEASEGATE_MODE": "test",
            "RELEASEGATE_DATA_DIR": str(home),
            "RELEASEGATE_TIME_SCALE": TIME_SCALE,
            "RELEASEGATE_POLL_SECONDS": "0.5",
            "RELEASEGATE_PUBLIC_URL": self.url,
            "RELEASEGATE_AUDIT_ORIGIN": "journeys.example/audit",
            "RELEASEGATE_AWS_ACCESS_KEY_ID": TOOLS_ACCESS_KEY_ID,
            "RELEASEGATE_AWS_SECRET_ACCESS_KEY": TOOLS_SECRET_ACCESS_KEY,
            "SECRET_KEY": "only-for-journeys",
            "REDIS_URL": redis,
            "DATABASE_URL": self.address(APP),
            "DATABASE_SEALER_URL": self.address(SEALER),
            "DATABASE_OWNER_URL": database,
        }

    def address(self, role: str) -> str:
        return f"{self.database}?role={role}"

    def start(self) -> None:
        """Everything up: the web server answers, both pools are alive, a checkpoint was signed."""
        aws = self._launch("aws", [sys.executable, "-m", "aws.sandbox", "--port", "0"], piped=True)
        endpoint = json.loads(aws.first_line())["endpoint_url"]
        self.env["RELEASEGATE_AWS_ENDPOINT_URL"] = endpoint
        self.control, self.aws_client = SandboxControl(endpoint), root_clients(endpoint)
        self.aws = SimpleNamespace(client=self.aws_client)
        self.seeder = Seeder(self.aws_client)
        self.manage("setup_database", RELEASEGATE_DATABASE_ROLE="owner")
        self.first_administrator()
        # gthread, as in docker-compose.yml
        options = ["--worker-class=gthread", "--workers=2", "--threads=8", f"--bind=127.0.0.1:{self.port}"]
        self._launch("web", [sys.executable, "-m", "gunicorn", "releasegate.wsgi", *options])
        self.worker("nonprod")
        self.worker("prod")
        self._manage_part("beat", "beat")
        self._manage_part("sealer", "sealer", RELEASEGATE_DATABASE_ROLE="sealer")
        until(self._answers, what="web server and workers answer", seconds=60)

    def _answers(self) -> bool:
        for part in self.parts.values():
            assert part.running, f"{part.name}: {part.log.read_text()[-3000:]}"
        with psycopg.connect(self.database) as connection:
            (alive,) = connection.execute("SELECT count(*) FROM deployments_worker").fetchone()
        return alive == 2 and servers.answers("127.0.0.1", self.port)

    def first_administrator(self) -> None:
        flags = ["--username", "admin", "--email", "admin@acme.example", "--name", "Ada", "--password-stdin"]
        self.manage("createadmin", *flags, stdin=PASSWORD + "\n")

    def manage(self, *command: str, stdin: str = "", **env: str) -> str:
        """Run a management command to its end; it must succeed. Returns its stdout."""
        return self._run("manage.py", *command, stdin=stdin, **env)

    def python(self, code: str) -> str:
        """Run code in a process with the product's settings; its stdout."""
        return self._run("-c", code, DJANGO_SETTINGS_MODULE="releasegate.settings")

    def _run(self, *arguments: str, stdin: str = "", **env: str) -> str:
        run = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.env | env,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert run.returncode == 0, run.stderr[-3000:]
        return run.stdout

    def worker(self, pool: str, *, name: str = "", **env: str) -> Part:
        """Start (again) the worker of a pool; `env` may hold a RELEASEGATE_FAILPOINT for it to die at. With
        another `name` it stands beside the one that is there."""
        return self._manage_part(f"worker-{name or pool}", "worker", "--pool", pool, **env)

    def _manage_part(self, name: str, *command: str, **env: str) -> Part:
        return self._launch(name, [sys.executable, "manage.py", *command], **env)

    def _launch(self, name: str, command: list[str], *, piped: bool = False, **env: str) -> Part:
        if name in self.parts:
            self.parts[name].kill()
        self.parts[name] = Part(name, command, self.env | env, piped=piped)
        return self.parts[name]

    def person(self, username: str) -> Api:
        return Api(self.url, self.tokens[username])

    def ci(self, application: str) -> Api:
        return Api(self.url, self.tokens[f"ci:{application}"])

    def sql(self, statement: str, *values) -> list[tuple]:
        """As the superuser of the database server."""
        with psycopg.connect(self.database, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    def stop(self) -> None:
        for part in self.parts.values():
            part.kill()


@contextlib.contextmanager
def database_of_our_own(suffix: str = "journey") -> Iterator[str]:
    """The address of a fresh database, as its superuser: on the machine's server, else on a private one."""
    shared = servers.shared_postgres()
    private = None if shared else servers.private_postgres()
    address = shared or private.url
    name = f"rgtest_{os.getpid()}_{suffix}"
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    try:
        yield urlsplit(address)._replace(path=f"/{name}", query="").geturl()
    finally:
        if private:
            private.remove()
        else:
            with psycopg.connect(address, autocommit=True) as connection:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def running_stack(home: Path) -> Iterator[Stack]:
    """A started stack on a database and a Redis of its own; nothing of it is left afterwards."""
    with database_of_our_own() as database, servers.redis_for_tests() as redis:
        stack = Stack(home, database, redis)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
