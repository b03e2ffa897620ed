"""How connections are handled: one request each, quiet, and silent when one is cut on purpose."""

from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler


class QuietHandler(MotoRequestHandler):
    """moto's request handler without access log lines; a dropped connection is no error."""

    protocol_version = "HTTP/1.1"
    # Answers leave at once; waiting for more to fill a packet costs 40 ms a call.
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        """Say nothing."""

    def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
        """Close without reading another request from the same connection."""
        self.close_connection = True
