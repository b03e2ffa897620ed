"""AWS on the wire: a request as the sandbox sees it, and answers in the protocol that it was asked in."""

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape


class AwsError(Exception):
    """A refusal as AWS words it: a code, a message and an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400):
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


@dataclass
class Answer:
    """One HTTP answer: status, headers in order, body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


@dataclass
class Call:
    """One AWS request. The last five fields are filled in by whoever serves it, for the ledger."""

    service: str
    region: str
    action: str
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    environ: dict[str, Any]
    at: float
    account: str = ""
    caller_arn: str = ""
    access_key_id: str = ""
    policy: dict[str, Any] | None = None
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    target: str = ""
    token: str = ""
    effective: bool = True
    inner: bool = False
    params: dict[str, Any] = field(default_factory=dict)


def parse_query_body(body: bytes) -> dict[str, Any]:
    """The parameters of an AWS query request, nested: `A.member.1.B=x` → {"A": [{"B": "x"}]}."""
    tree: dict[str, Any] = {}
    for key, value in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True):
        node = tree
        *path, last = key.split(".")
        for part in path:
            child = node.setdefault(part, {})
            if not isinstance(child, dict):
                raise AwsError("MalformedQueryString", f"The parameter {key} is not well formed")
            node = child
        node[last] = value
    return {key: _listed(value) for key, value in tree.items()}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if set(node) == {"member"} and isinstance(node["member"], dict):
        members = node["member"]
        if not all(key.isdigit() for key in members):
            raise AwsError("MalformedQueryString", "A list must be numbered member.1, member.2, …")
        return [_listed(members[key]) for key in sorted(members, key=int)]
    return {key: _listed(value) for key, value in node.items()}


def stamp(moment: float) -> str:
    """Seconds since the epoch as AWS writes times in XML: 2026-01-31T09:00:00.123Z."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _xml(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        inner = "".join(_xml(key, item) for key, item in value.items())
    elif isinstance(value, (list, tuple)):
        inner = "".join(_xml("member", item) for item in value)
    elif isinstance(value, bool):
        inner = "true" if value else "false"
    else:
        inner = escape(_printable(str(value)))
    return f"<{name}>{inner}</{name}>"


def _printable(text: str) -> str:
    return "".join(char if char in "\t\n\r" or ord(char) >= 32 else "?" for char in text)


def xml_answer(call: Call, namespace: str, result: dict[str, Any]) -> Answer:
    """A success in the AWS query protocol: <ActionResponse><ActionResult>…"""
    body = (
        f'<{call.action}Response xmlns="{namespace}">'
        + _xml(f"{call.action}Result", result)
        + _xml("ResponseMetadata", {"RequestId": call.request_id})
        + f"</{call.action}Response>"
    )
    headers = [("Content-Type", "text/xml"), ("x-amzn-RequestId", call.request_id)]
    return Answer(200, headers, body.encode())


def json_answer(call: Call, result: dict[str, Any]) -> Answer:
    """A success in the AWS JSON 1.1 protocol."""
    headers = [
        ("Content-Type", "application/x-amz-json-1.1"),
        ("x-amzn-RequestId", call.request_id),
    ]
    return Answer(200, headers, json.dumps(result).encode())


def error_answer(call: Call, error: AwsError) -> Answer:
    """The refusal in the protocol of the request (query XML, S3 XML, JSON 1.x or REST JSON)."""
    headers = [("x-amzn-RequestId", call.request_id)]
    if call.service == "s3":
        fields = {
            "Code": error.code,
            "Message": error.message,
            "RequestId": call.request_id,
        }
        body = "" if call.method == "HEAD" else '<?xml version="1.0"?>' + _xml("Error", fields)
        return Answer(error.status, [*headers, ("Content-Type", "application/xml")], body.encode())
    if "x-amz-target" in call.headers or call.service in _REST_JSON:
        text = json.dumps({"__type": error.code, "message": error.message, "Message": error.message})
        headers += [
            ("Content-Type", "application/json"),
            ("x-amzn-ErrorType", error.code),
        ]
        return Answer(error.status, headers, text.encode())
    kind = "Receiver" if error.status >= 500 else "Sender"
    fields = {"Type": kind, "Code": error.code, "Message": error.message}
    body = f"<ErrorResponse>{_xml('Error', fields)}{_xml('RequestId', call.request_id)}</ErrorResponse>"
    return Answer(error.status, [*headers, ("Content-Type", "text/xml")], body.encode())


_REST_JSON = frozenset(
    [
        "lambda",
        "apigateway",
        "batch",
        "ecs",
        "eks",
        "scheduler",
        "appconfig",
        "codeartifact",
        "xray",
    ]
)
