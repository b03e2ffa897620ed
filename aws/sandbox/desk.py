"""The desk: each AWS request is named, identified, judged, hit by faults, served and counted here."""

import io
import re
import socket
import threading
import time
from typing import Any, Protocol
from urllib.parse import parse_qsl, unquote

from aws.sandbox import faults, operations, policy, s3
from aws.sandbox.faults import Faults, Rule
from aws.sandbox.floor import Floor
from aws.sandbox.identity import Vault
from aws.sandbox.ledger import Ledger
from aws.sandbox.wire import Answer, AwsError, Call, error_answer

_SCOPE = re.compile(r"[^/,\s]+/\d{8}/([a-z0-9-]+)/([a-z0-9-]+)/aws4_request")
_BODY_LIMIT_BYTES = 512 * 1024 * 1024
_ACTION = re.compile(r"(?:^|&)Action=([A-Za-z0-9]+)")


class Dropped(ConnectionAbortedError):
    """The connection is to be cut without an answer."""


class Service(Protocol):
    """A service that the sandbox answers itself."""

    def handle(self, call: Call) -> Answer:
        """Serve the call or raise AwsError."""


class Desk:
    """Serves AWS calls. `keep` is told of each executed mutation before its answer leaves."""

    def __init__(self, floor: Floor, vault: Vault, keep: Any):
        self.floor, self.vault, self.keep = floor, vault, keep
        self.faults, self.ledger = Faults(), Ledger()
        self.services: dict[str, Service] = {}
        self.clock_offset = 0.0
        self.stopping = threading.Event()
        floor.serve_inner = self.serve_inner
        floor.serve_outside = self.serve_outside

    def now(self) -> float:
        """Epoch seconds plus the offset that tests may set; only STS looks at it."""
        return time.time() + self.clock_offset

    def serve(self, environ: dict[str, Any]) -> Answer:
        """One request from outside. Raises Dropped when the connection shall be cut."""
        call = read_call(environ)
        try:
            self.vault.recognise(call, self.now())
        except AwsError as error:
            self.ledger.arrived(call)["status"] = error.status
            return error_answer(call, error)
        entry = self.ledger.arrived(call)
        rule = self.faults.for_call(call)
        refused = faults.as_error(rule, call) if rule else None
        if refused:
            entry["status"] = refused.status
            return error_answer(call, refused)
        if rule and rule.kind == "late":
            self._later(rule, call)
        if rule and rule.kind in ("late", "lost_before"):
            raise Dropped(rule.kind)
        answer = self.execute(call)
        entry.update(status=answer.status, target=call.target)
        if rule and rule.kind == "lost_after":
            raise Dropped(rule.kind)
        return answer

    def _later(self, rule: Rule, call: Call) -> None:
        def run() -> None:
            if not self.stopping.wait(rule.seconds):
                self.execute(call)

        threading.Thread(target=run, name="sandbox-late", daemon=True).start()

    def execute(self, call: Call) -> Answer:
        """Serve an identified call: judge it by its session policy, carry it out, count and keep it."""
        if not policy.session_allows(call):
            text = f"User: {call.caller_arn} is not authorized to perform: {call.service}:{call.action}"
            text += " because no session policy allows the action"
            code = "AccessDeniedException" if "x-amz-target" in call.headers else "AccessDenied"
            return error_answer(call, AwsError(code, text, 403))
        with self.floor.account(call.account):
            answer = self._carry_out(call)
            if answer.status < 300 and operations.is_mutation(call.service, call.action):
                self.ledger.executed(call)
                self.keep(call.account, call.service)
        return answer

    def _carry_out(self, call: Call) -> Answer:
        own = self.services.get(call.service)
        try:
            if call.service == "s3":
                s3.check(call)
            answer = own.handle(call) if own else self.floor.serve(call)
        except AwsError as error:
            return error_answer(call, error)
        if answer.status >= 500 and not own:
            # moto words what it cannot do as a Python traceback; AWS never does.
            return error_answer(call, AwsError("InternalFailure", _first_line(answer.body), 500))
        return answer

    def serve_inner(self, account: str, environ: dict[str, Any]) -> Answer:
        """One call that a service makes on behalf of an account; neither counted nor hit by faults."""
        call = read_call(environ)
        call.account, call.inner = account, True
        with self.floor.account(account):
            return self._carry_out(call)

    def serve_outside(self, account: str, environ: dict[str, Any]) -> Answer:
        """One call from this process with all rights in an account: counted and kept, hit by no fault."""
        call = read_call(environ)
        call.account, call.caller_arn = account, f"arn:aws:iam::{account}:root"
        return self.execute(call)


def _first_line(body: bytes) -> str:
    return re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace")).strip().splitlines()[0][:200]


def _read_body(environ: dict[str, Any]) -> bytes:
    source = environ.get("wsgi.input") or io.BytesIO()
    if environ.get("wsgi.input_terminated"):
        return source.read(_BODY_LIMIT_BYTES)
    length = environ.get("CONTENT_LENGTH") or "0"
    return source.read(min(int(length), _BODY_LIMIT_BYTES)) if length.isdigit() else b""


def read_call(environ: dict[str, Any]) -> Call:
    """The request as a Call: service and region from the SigV4 scope, the action as the protocol names it."""
    headers = {
        key[5:].replace("_", "-").lower(): value
        for key, value in environ.items()
        if key.startswith("HTTP_") and isinstance(value, str)
    }
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    scope = _SCOPE.search(headers.get("authorization", "") or query.get("X-Amz-Credential", ""))
    region, service = scope.groups() if scope else ("us-east-1", "s3")
    path = unquote(environ.get("PATH_INFO", "/").encode("latin-1", "replace").decode("utf-8", "replace"))
    call = Call(
        service=service,
        region=region,
        action="",
        method=environ["REQUEST_METHOD"],
        path=path,
        query=query,
        headers=headers,
        body=_read_body(environ),
        environ=environ,
        at=time.time(),
    )
    call.action = _name_of(call)
    call.target = path.strip("/") if service == "s3" else ""
    return call


def _name_of(call: Call) -> str:
    target = call.headers.get("x-amz-target", "")
    if target:
        return target.rpartition(".")[2]
    if call.environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        found = _ACTION.search(call.body[:65_536].decode("utf-8", "replace"))
        if found:
            return found.group(1)
    if "Action" in call.query and call.service != "s3":
        return call.query["Action"]
    return operations.rest_action(call.service, call.method, call.path, call.query, call.headers) or "Unknown"


def cut(environ: dict[str, Any]) -> None:
    """Close the client's connection without a byte of answer."""
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            connection.close()
