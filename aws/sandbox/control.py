"""The control address /_sandbox/…: faults, counts and listings as JSON, for tests in any process."""

import json
from typing import Any

from aws.sandbox.faults import rule_from
from aws.sandbox.wire import Answer

_BODY_LIMIT_BYTES = 1_000_000


def _json(status: int, value: Any) -> Answer:
    return Answer(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def _refused(code: str, message: str, status: int = 400) -> Answer:
    return _json(status, {"error": {"code": code, "message": message}})


class Control:
    """Serves the control address of one desk."""

    def __init__(self, desk: Any, listings: Any, builds: Any):
        self._desk, self._listings, self._builds = desk, listings, builds

    def serve(self, environ: dict[str, Any]) -> Answer:
        """Answer one control request; never raises for bad input."""
        route = (
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].removeprefix("/_sandbox/").strip("/"),
        )
        routes = {
            ("GET", "health"): lambda _: _json(200, {"ok": True}),
            ("GET", "faults"): lambda _: _json(200, {"faults": self._desk.faults.listing()}),
            ("POST", "faults"): self._add_fault,
            ("DELETE", "faults"): self._clear_faults,
            ("GET", "mutations"): lambda _: _json(200, self._desk.ledger.mutations()),
            ("DELETE", "mutations"): self._reset_counts,
            ("GET", "calls"): lambda _: _json(200, {"calls": self._desk.ledger.calls()}),
            ("GET", "listings"): lambda _: _json(200, self._listings()),
            ("POST", "clock"): self._set_clock,
        }
        if route not in routes:
            return _refused("not_found", f"No control {route[0]} {route[1]}", 404)
        try:
            return routes[route](self._read(environ))
        except (ValueError, TypeError) as exc:
            return _refused("invalid", str(exc))

    def _read(self, environ: dict[str, Any]) -> Any:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        if length > _BODY_LIMIT_BYTES:
            raise ValueError("the body is too large")
        if not length:
            return {}
        body = json.loads(environ["wsgi.input"].read(length))
        if not isinstance(body, dict):
            raise TypeError("the body must be a JSON object")
        return body

    def _add_fault(self, body: dict[str, Any]) -> Answer:
        self._desk.faults.add(rule_from(body))
        return _json(201, {"faults": self._desk.faults.listing()})

    def _clear_faults(self, _: Any) -> Answer:
        self._desk.faults.clear()
        return _json(200, {"faults": []})

    def _reset_counts(self, _: Any) -> Answer:
        self._desk.ledger.reset()
        return _json(200, self._desk.ledger.mutations())

    def _set_clock(self, body: dict[str, Any]) -> Answer:
        """STS expiry follows `offset_seconds`; CodeBuild's time limits count `minute_seconds` a minute."""
        for name in ("offset_seconds", "minute_seconds"):
            value = body.get(name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                raise TypeError(f"{name} must be a number of seconds")
        if body.get("offset_seconds") is not None:
            self._desk.clock_offset = float(body["offset_seconds"])
        if body.get("minute_seconds") is not None:
            self._builds.minute_seconds = max(0.001, float(body["minute_seconds"]))
        clock = {"offset_seconds": self._desk.clock_offset, "minute_seconds": self._builds.minute_seconds}
        return _json(200, clock)
