"""A scripted server: answers what the test lays out, and keeps what it was asked."""

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer

HANG_UP = object()  # instead of an answer: close the connection without one


@dataclass
class Asked:
    method: str
    path: str
    headers: dict
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class Script:
    """`answers`: (status, body) or (status, body, headers), taken in turn; the last one is repeated."""

    url: str = ""
    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)

    def take(self):
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def scripted(*answers):
    """A server on a free port of 127.0.0.1 that gives these answers."""
    script = Script(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            script.asked.append(Asked(self.command, self.path, dict(self.headers), body))
            answer = script.take()
            if answer is HANG_UP:
                self.close_connection = True
                return
            status, content, headers = (*answer, {})[:3]
            data = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = handle_any  # noqa: N815  (the library asks for these names)

        def log_message(self, *args):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    script.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield script
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
