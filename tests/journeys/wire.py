"""HTTP as anybody's script would do it: nothing of the product is imported. Standard library only."""

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`status`, `headers` (lower case names) and `data` as they came."""

    status: int
    headers: dict[str, str]
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def body(self) -> Any:
        return json.loads(self.data or b"null")

    @property
    def code(self) -> str | None:
        """The stable code of a problem document, else None."""
        return self.body.get("code") if self.status >= 400 else None


class Api:
    """The API of a running server, as the holder of `token` (None: nobody)."""

    def __init__(self, url: str, token: str | None = None):
        self.url, self.token = url.rstrip("/"), token

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """`path` below /api/v1; a dict goes as JSON, bytes as they are. Never raises for an HTTP status."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json", **{k.replace("_", "-"): v for k, v in headers.items()}}
        if self.token:
            given["Authorization"] = f"Bearer {self.token}"
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, given, method=method)
        try:
            with urllib.request.urlopen(request, timeout=70) as answer:
                return _answer(answer.status, answer)
        except urllib.error.HTTPError as error:
            return _answer(error.code, error)

    def get(self, path: str, **query: Any) -> Any:
        """The JSON body; the answer must be 200."""
        answer = self.ask("GET", path + ("?" + urllib.parse.urlencode(query) if query else ""))
        assert answer.status == 200, (path, answer.status, answer.text[:2000])
        return answer.body

    def text(self, path: str) -> str:
        answer = self.ask("GET", path)
        assert answer.status == 200, (path, answer.status, answer.text[:2000])
        return answer.text

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON body; the answer must be a success."""
        return self._sure("POST", path, {} if body is None else body)

    def put(self, path: str, body: Any) -> Any:
        return self._sure("PUT", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._sure("PATCH", path, body)

    def delete(self, path: str) -> Any:
        return self._sure("DELETE", path, None)

    def _sure(self, method: str, path: str, body: Any) -> Any:
        answer = self.ask(method, path, body)
        assert 200 <= answer.status < 300, (method, path, answer.status, answer.text[:2000])
        return answer.body if answer.data else None

    def upload(self, path: str, fields: dict[str, str], filename: str, data: bytes) -> Any:
        """A multipart form with one file, as evidence is posted."""
        mark = uuid.uuid4().hex
        parts = "".join(
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        )
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        content = parts.encode() + head.encode() + data + f"\r\n--{mark}--\r\n".encode()
        answer = self.ask("POST", path, content, Content_Type=f"multipart/form-data; boundary={mark}")
        assert answer.status == 201, (path, answer.status, answer.text[:2000])
        return answer.body


def _answer(status: int, raw: Any) -> Answer:
    return Answer(status, {name.lower(): value for name, value in raw.headers.items()}, raw.read())


def until(condition, *, seconds: float = 30.0, what: str = "it", pause: float = 0.1):
    """What `condition()` gives once it is truthy; fails after `seconds`, with the last value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, f"{what} did not happen within {seconds:g} s; last: {found!r}"
        time.sleep(pause)
    return found
