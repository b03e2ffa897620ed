"""A small REST client: what a set-up script of anybody's would be. Standard library only."""

import http.cookiejar
import json
import re
import urllib.error
import urllib.parse
import urllib.request
import uuid


class ApiError(Exception):
    """The API refused; `status` and the problem document's `body`."""

    def __init__(self, method: str, path: str, status: int, body: dict):
        super().__init__(
            f"{method} {path}: {status} {body.get('code')}: {body.get('detail')} {body.get('errors', '')}"
        )
        self.status, self.body = status, body


class Client:
    """`token` acts for its person or application; without one, sign_in() opens a browser's session."""

    def __init__(self, url: str, token: str | None = None):
        self.url, self.token = url.rstrip("/"), token
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def call(self, method: str, path: str, body=None, *, timeout: float = 70) -> dict:
        """JSON in, JSON out, below /api/v1. Raises ApiError for what is refused, OSError where nothing answers."""
        data = None if body is None else json.dumps(body).encode()
        return self._send(method, path, data, "application/json", timeout)

    def get(self, path: str, **query) -> dict:
        suffix = "?" + urllib.parse.urlencode(query) if query else ""
        return self.call("GET", path + suffix)

    def post(self, path: str, body=None) -> dict:
        return self.call("POST", path, {} if body is None else body)

    def upload(self, path: str, fields: dict[str, str], filename: str, data: bytes) -> dict:
        """A multipart form with one file, as evidence is posted."""
        mark = uuid.uuid4().hex
        parts = [
            f'--{mark}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
            for name, value in fields.items()
        ]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n\r\n'
        content = b"".join([*parts, head.encode(), data, f"\r\n--{mark}--\r\n".encode()])
        return self._send("POST", path, content, f"multipart/form-data; boundary={mark}", 70)

    def sign_in(self, login: str, password: str) -> None:
        """Through the sign-in page, as a person does. Raises ApiError when it is refused."""
        page = self.opener.open(self.url + "/sign-in", timeout=30).read().decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page).group(1)
        # A script wants the cookie, not the page that follows.
        fields = {"login": login, "password": password, "csrfmiddlewaretoken": token, "next": "/livez"}
        form = urllib.parse.urlencode(fields).encode()
        self.opener.open(
            urllib.request.Request(self.url + "/sign-in", form, {"Referer": self.url}), timeout=30
        ).read()
        if not any(cookie.name == "session" for cookie in self.jar):
            raise ApiError(
                "POST", "/sign-in", 401, {"code": "not_authenticated", "detail": "sign-in refused"}
            )

    def _send(self, method: str, path: str, data: bytes | None, kind: str, timeout: float) -> dict:
        headers = {"Content-Type": kind, "Accept": "application/json", "Referer": self.url}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        csrf = next((cookie.value for cookie in self.jar if cookie.name == "csrf"), None)
        if csrf:
            headers["X-CSRFToken"] = csrf
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        try:
            with self.opener.open(request, timeout=timeout) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise ApiError(method, path, error.code, _problem(error)) from error


def _problem(error: urllib.error.HTTPError) -> dict:
    try:
        return json.loads(error.read())
    except ValueError:
        return {"code": "unknown", "detail": "not a problem document"}
