"""OpenAPI 3.1 from the code that answers: what a handler reads is read out of the handler itself.

`read_body(SomethingIn, request)` names the body, the keys of `read_query(request, {…})` the parameters, the
docstring the description. A second description would drift; this one cannot.
"""

import ast
import inspect
import textwrap
from functools import cache

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from rest_framework.serializers import BaseSerializer

from kernel.fields import OffsetDateTimeField

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "Stable; made for programs."},
        "request_id": {"type": ["string", "null"]},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "reasons": {"type": "array", "items": {"type": "object"}},
    },
}
REFUSALS = {
    "400": "The request cannot be read.",
    "401": "No valid token or session.",
    "403": "Not allowed; names the missing permission.",
    "404": "Missing, or not visible to the caller.",
    "409": "The state does not allow it, or somebody was faster.",
    "422": "Read, and not valid; `errors` point at what is wrong.",
    "429": "Too many requests; see Retry-After.",
}
IDEMPOTENCY = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "maxLength": 255},
    "description": "The same key and body within 24 hours gets the first answer again.",
}


class CodeSchema(AutoSchema):
    """drf-spectacular's schema of one operation, from the handler's source."""

    def get_operation_id(self) -> str:
        """`<method>_<path>`; unique and stable."""
        words = self.path.removeprefix("/api/v1/").replace("{", "").replace("}", "")
        return self.method.lower() + "_" + "".join(c if c.isalnum() else "_" for c in words)

    def get_tags(self) -> list[str]:
        """The first word of the path."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_description(self) -> str:
        """The handler's docstring."""
        return inspect.getdoc(self._handler()) or ""

    def get_summary(self) -> str:
        """Its first sentence."""
        return self.get_description().split("\n")[0]

    def get_request_serializer(self):
        """The serializer that the handler reads the body with, or None."""
        return _reads(self._handler()).body

    def get_response_serializers(self):
        """None: answers are described in words; their shapes are in no serializer."""

    def get_auth(self) -> list[dict]:
        """A bearer token, unless the endpoint is public. (A browser session works as well.)"""
        return [] if getattr(self.view, "public", False) else [{"token": []}]

    def _map_serializer_field(self, field, direction, bypass_extensions=False):
        if isinstance(field, OffsetDateTimeField):
            return {"type": "string", "format": "date-time"}
        return super()._map_serializer_field(field, direction, bypass_extensions)

    def get_operation(self, *args):
        """One operation with its query parameters, idempotency key and refusals."""
        operation = super().get_operation(*args)
        if operation is None:
            return None
        extra = [
            {"name": name, "in": "query", "schema": {"type": "string"}}
            for name in _reads(self._handler()).query
        ]
        if self.method in {"POST", "PUT", "PATCH", "DELETE"}:
            extra.append(IDEMPOTENCY)
        if extra:
            operation["parameters"] = [*operation.get("parameters", []), *extra]
        return operation

    def _get_response_bodies(self, direction="response") -> dict:
        bodies = {"2XX" if self.method != "GET" else "200": {"description": self.get_summary() or "Done."}}
        for status, text in REFUSALS.items():
            content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
            bodies[status] = {"description": text, "content": content}
        return bodies

    def _handler(self):
        return getattr(self.view, self.method.lower())


class Reads:
    """What a handler reads: `body`, a serializer class or None; `query`, the names of its parameters."""

    def __init__(self, body: type[BaseSerializer] | None, query: tuple[str, ...]):
        self.body = body
        self.query = query


def _reads(handler) -> Reads:
    return _reads_of(getattr(handler, "__func__", handler))


@cache
def _reads_of(function) -> Reads:
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    scope = function.__globals__
    body, query = None, ()
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        if name == "read_body" and call.args:
            body = _value(call.args[0], scope)
        elif name == "read_query" and len(call.args) == 2:
            query = tuple(_keys(call.args[1], scope))
        elif name.startswith("_") and isinstance(scope.get(name), type(_value)):
            inner = _reads_of(scope[name])  # a private function of the same module that reads for it
            body, query = body or inner.body, query or inner.query
    return Reads(body if inspect.isclass(body) else None, query)


def _keys(node: ast.expr, scope: dict) -> list[str]:
    if isinstance(node, ast.Dict):
        found = []
        for key, value in zip(node.keys, node.values, strict=True):
            found += _keys(value, scope) if key is None else [key.value]
        return found
    value = _value(node, scope)
    return list(value) if isinstance(value, dict) else []


def _value(node: ast.expr, scope: dict):
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_value(node.value, scope), node.attr, None)
    return None


def build_schema() -> dict:
    """The OpenAPI document of all endpoints."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    schema.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    schema["components"]["securitySchemes"] = {
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "An application token or a personal one.",
        }
    }
    return schema
