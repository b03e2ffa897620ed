"""The sandbox AWS as one server: start, stop, address, and Python access to its controls."""

import logging
import secrets
import threading
from pathlib import Path
from typing import Any, Self

from botocore.exceptions import ClientError
from werkzeug.serving import BaseWSGIServer, make_server

from aws.sandbox.client import SandboxControl
from aws.sandbox.cloudformation import api_changesets, api_stacks
from aws.sandbox.cloudformation.operations import Operations
from aws.sandbox.cloudformation.service import CloudFormation
from aws.sandbox.codebuild.service import CodeBuild
from aws.sandbox.control import Control
from aws.sandbox.desk import Desk, Dropped, cut
from aws.sandbox.floor import Floor
from aws.sandbox.handler import QuietHandler
from aws.sandbox.iam import RoleBook
from aws.sandbox.identity import TOOLS_ACCOUNT, Vault
from aws.sandbox.keeper import Keeper
from aws.sandbox.listings import listing
from aws.sandbox.sts import Sts
from aws.sandbox.wire import Answer

log = logging.getLogger(__name__)
_SECRET_FILE = "token-secret"
# Importing a service of moto takes up to a second; these are the ones a first deployment needs.
_WARM = (("iam", "list_roles"), ("lambda", "list_functions"), ("s3", "list_buckets"))


def _token_secret(data_dir: Path | None) -> bytes:
    """The secret that signs session tokens: kept with the data, so that sessions outlive a restart."""
    if data_dir is None:
        return secrets.token_bytes(32)
    path = data_dir / _SECRET_FILE
    if not path.exists():
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def _from_here(environ: dict[str, Any]) -> bool:
    """Not a page in a browser: one of another site names its Origin, one that had its name led to 127.0.0.1
    (DNS rebinding) sends that name as Host."""
    host = environ.get("HTTP_HOST", "").rpartition(":")[0] or environ.get("HTTP_HOST", "")
    return "HTTP_ORIGIN" not in environ and (
        host in ("127.0.0.1", "localhost") or host.endswith(".localhost")
    )


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
        self._build()
        self._keeper.restore()
        self._server = make_server(
            "127.0.0.1", self._port, self._wsgi, threaded=True, request_handler=QuietHandler
        )
        self._server.daemon_threads = True
        self.builds.endpoint_url = self.endpoint_url
        self._thread = threading.Thread(target=self._server.serve_forever, name="sandbox-aws", daemon=True)
        self._thread.start()
        Sandbox._running = self
        self._take_up()
        threading.Thread(target=self._warm_up, name="sandbox-warm-up", daemon=True).start()
        return self

    def _build(self) -> None:
        """Put the parts together; nothing listens yet."""
        floor, vault = Floor(), Vault(_token_secret(self.data_dir))
        desk = Desk(floor, vault, lambda account, service: self._keeper.keep(account, service))
        operations = Operations(floor, desk.faults, desk.keep, desk.stopping)
        self.stacks = CloudFormation(floor, desk.faults, operations)
        self.stacks.register(api_stacks.ACTIONS | api_changesets.ACTIONS)
        self.builds = CodeBuild(floor, vault, desk.faults, desk.keep)
        desk.services |= {
            "sts": Sts(vault, RoleBook(), desk.now),
            "cloudformation": self.stacks,
            "codebuild": self.builds,
        }
        self._keeper = Keeper(self.data_dir, self.stacks, self.builds)
        self._control = Control(desk, lambda: listing(self.stacks, self.builds), self.builds)
        self.desk = desk

    def _take_up(self) -> None:
        """Go on with what was under way when the sandbox last ended."""
        for book in list(self.stacks.books.values()):
            for stack in book.stacks:
                if stack.pending is not None:
                    self.stacks.operations.resume(book, stack)
        self.builds.resume()

    def _warm_up(self) -> None:
        for service, method in _WARM:
            try:
                getattr(self.client(service, TOOLS_ACCOUNT, "us-east-1"), method)()
            except ClientError as exc:
                log.warning("The sandbox could not warm up %s: %s", service, exc)

    def client(self, service: str, account: str, region: str) -> Any:
        """A boto3 client that acts in `account` with all rights; its mutations are counted as anybody's."""
        return self.desk.floor.client(service, account, region, outside=True)

    def stop(self) -> None:
        """Stop listening and end what still runs, build processes included. Does nothing if not running."""
        if self._server is None:
            return
        self.desk.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        self.builds.close()
        for thread in self.stacks.operations.threads:
            thread.join(2)
        self._keeper.close()
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

    @property
    def control(self) -> SandboxControl:
        """Faults, counts and listings, through the same client that other processes use."""
        return SandboxControl(self.endpoint_url)

    def _wsgi(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        if not _from_here(environ):
            answer = Answer(
                403, [("Content-Type", "text/plain")], b"The sandbox serves this machine's programs."
            )
        elif environ.get("PATH_INFO", "").startswith("/_sandbox/"):
            answer = self._control.serve(environ)
        else:
            try:
                answer = self.desk.serve(environ)
            except Dropped:
                cut(environ)
                raise
        start_response(f"{answer.status} -", answer.headers)
        return [answer.body]
