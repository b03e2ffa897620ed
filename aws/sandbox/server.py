"""The sandbox AWS as one server: start, stop, address, and Python access to its controls."""

import secrets
import threading
from pathlib import Path
from typing import Any, Self

from werkzeug.serving import BaseWSGIServer, make_server

from aws.sandbox.cloudformation import api_changesets, api_stacks
from aws.sandbox.cloudformation.operations import Operations
from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.control import Control
from aws.sandbox.desk import Desk, Dropped, cut
from aws.sandbox.floor import Floor
from aws.sandbox.handler import QuietHandler
from aws.sandbox.iam import RoleBook
from aws.sandbox.identity import Vault
from aws.sandbox.sts import Sts

_SECRET_FILE = "token-secret"


def _token_secret(data_dir: Path | None) -> bytes:
    """The secret that signs session tokens: kept in the data directory, so that sessions outlive a restart."""
    if data_dir is None:
        return secrets.token_bytes(32)
    path = data_dir / _SECRET_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


class Sandbox:
    """A sandbox AWS on 127.0.0.1. One per process, because moto keeps its accounts in module state.

    `data_dir` keeps the accounts across restarts (None: they are forgotten); `port` 0 picks a free one.
    """

    _running: "Sandbox | None" = None

    def __init__(self, data_dir: Path | None = None, port: int = 0):
        self.data_dir = Path(data_dir) if data_dir else None
        self._port = port
        self._server: BaseWSGIServer | None = None
        self._thread: threading.Thread | None = None
        self.desk: Desk | None = None

    def start(self) -> Self:
        """Restore the accounts, then listen. Raises RuntimeError if a sandbox runs in this process."""
        if Sandbox._running is not None:
            raise RuntimeError("A sandbox AWS is already running in this process")
        if self.data_dir:
            self.data_dir.mkdir(parents=True, exist_ok=True)
        floor = Floor()
        vault = Vault(_token_secret(self.data_dir))
        self.desk = Desk(floor, vault, lambda account, service: None)
        self.desk.services["sts"] = Sts(vault, RoleBook(), self.desk.now)
        operations = Operations(floor, self.desk.faults, self.desk.keep, self.desk.stopping)
        stacks = CloudFormation(floor, self.desk.faults, operations)
        stacks.register(api_stacks.ACTIONS | api_changesets.ACTIONS)
        self.desk.services["cloudformation"] = stacks
        self._control = Control(self.desk)
        self._server = make_server(
            "127.0.0.1",
            self._port,
            self._wsgi,
            threaded=True,
            request_handler=QuietHandler,
        )
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox-aws", daemon=True)
        self._thread.start()
        Sandbox._running = self
        return self

    def stop(self) -> None:
        """Stop listening and end what still runs. Does nothing if it is not running."""
        if self._server is None:
            return
        self.desk.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self._server = None
        Sandbox._running = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """The address for boto3's endpoint_url, "http://127.0.0.1:<port>"."""
        if self._server is None:
            raise RuntimeError("The sandbox AWS is not running")
        return f"http://127.0.0.1:{self._server.server_port}"

    def _wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if environ.get("PATH_INFO", "").startswith("/_sandbox/"):
            answer = self._control.serve(environ)
        else:
            try:
                answer = self.desk.serve(environ)
            except Dropped:
                cut(environ)
                raise
        start_response(f"{answer.status} -", answer.headers)
        return [answer.body]
