"""The floor under our layer: moto's services in this process, one account at a time, without sockets."""

import contextlib
import io
import os
import threading
from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.test import EnvironBuilder, run_wsgi_app

from aws.sandbox.wire import Answer, Call

# Lambda is never run in a container: an invocation answers at once.
default_user_config["lambda"]["use_docker"] = False

_INNER_ADDRESS = "http://127.0.0.1:1"


def environ_without_overrides(environ: dict[str, Any]) -> dict[str, Any]:
    """A WSGI environment without moto's own headers: `x-moto-account-id` would jump into another account."""
    return {key: value for key, value in environ.items() if not key.upper().startswith("HTTP_X_MOTO")}


class Floor:
    """moto's services. Calls of one account are served one after another."""

    def __init__(self) -> None:
        BackendDict.reset()
        self._app = DomainDispatcherApplication(create_backend_app)
        self._locks: dict[str, threading.RLock] = defaultdict(threading.RLock)
        self._making = threading.RLock()
        self._clients: dict[tuple[str, str, str, bool], Any] = {}
        self._boto: Any = None
        self.serve_inner: Any = None
        self.serve_outside: Any = None

    @contextlib.contextmanager
    def account(self, account: str) -> Iterator[None]:
        """Hold an account: nobody else reads or changes it meanwhile."""
        with self._making:
            lock = self._locks[account]
        with lock:
            yield

    def serve(self, call: Call) -> Answer:
        """Let moto answer the call, in the call's account."""
        environ = environ_without_overrides(call.environ)
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = call.account
        environ["wsgi.input"] = io.BytesIO(call.body)
        environ["CONTENT_LENGTH"] = str(len(call.body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.pop("wsgi.input_terminated", None)
        pieces, status, headers = run_wsgi_app(self._app, environ, buffered=True)
        return Answer(int(status.split()[0]), list(headers), b"".join(pieces))

    def client(self, service: str, account: str, region: str, *, outside: bool = False) -> Any:
        """A boto3 client inside this process: its calls act in `account` and open no connection.

        They are part of another call and not counted, unless they come from `outside`.
        """
        key = (service, account, region, outside)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._new_client(service, account, region, outside)
            return self._clients[key]

    def _new_client(self, service: str, account: str, region: str, outside: bool) -> Any:
        if self._boto is None:
            # AWS_PROFILE and ~/.aws of whoever started us have no business here.
            nobody = {"profile": (None, None, None, None), "config_file": (None, None, os.devnull, None)}
            core = botocore.session.Session(session_vars=nobody)
            core.set_credentials("AKIASANDBOXINNER0000", "inner")
            self._boto = boto3.session.Session(botocore_session=core)
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        client = self._boto.client(service, endpoint_url=_INNER_ADDRESS, region_name=region, config=config)

        def send(request: Any, **_: Any) -> AWSResponse:
            return self._inner(account, request, outside)

        client.meta.events.register("before-send", send)
        return client

    def _inner(self, account: str, request: Any, outside: bool) -> AWSResponse:
        url = urlsplit(request.url)
        body = request.body.read() if hasattr(request.body, "read") else request.body
        headers = {
            key: value.decode() if isinstance(value, bytes) else str(value)
            for key, value in request.headers.items()
        }
        builder = EnvironBuilder(
            path=url.path,
            query_string=url.query,
            method=request.method,
            headers=headers,
            data=body or b"",
            base_url=_INNER_ADDRESS,
        )
        serve = self.serve_outside if outside else self.serve_inner
        answer = serve(account, builder.get_environ())
        return AWSResponse(request.url, answer.status, dict(answer.headers), _Raw(answer.body))


class _Raw(io.BytesIO):
    """A body in memory with the one method that botocore wants of urllib3's."""

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """The whole body in one piece."""
        yield self.read()
