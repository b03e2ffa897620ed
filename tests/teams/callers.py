"""HTTP callers of the API in tests: a person or a CI with a real token, through the whole stack."""

import json

from django.test import Client

from kernel.actor import Actor
from kernel.permissions import SCOPES
from teams.actions.issue_token import issue_token
from tests import people

DAY = 86_400


class Caller:
    """Speaks JSON to /api/v1 with the given headers; `last` is the newest answer's body."""

    def __init__(self, secret: str | None = None):
        self.client = Client(headers={"Authorization": f"Bearer {secret}"} if secret else {})

    def __getattr__(self, method: str):
        if method not in {"get", "post", "put", "patch", "delete"}:
            raise AttributeError(method)

        def call(path: str, body=None, **options):
            send = getattr(self.client, method)
            if method == "get":
                return send(f"/api/v1{path}", **options)
            data = "" if body is None else json.dumps(body)
            return send(f"/api/v1{path}", data=data, content_type="application/json", **options)

        return call


def as_person(username: str, *, scopes=(), expires_in: int = DAY, **row) -> Caller:
    """A caller with a personal token of that username; the row is made where missing (see tests.people)."""
    people.person(username, **row)
    return Caller(secret_of(username=username, scopes=scopes, expires_in=expires_in))


def as_administrator(username: str = "admin") -> Caller:
    return as_person(username, roles=["administrator"])


def as_application(name: str = "payments", *, scopes=SCOPES) -> Caller:
    """A caller with a token of that application; the row is made where missing."""
    people.application(name)
    return Caller(secret_of(application=name, scopes=scopes, expires_in=DAY))


def secret_of(**owner) -> str:
    """The secret of a new token; `owner`: application= or username=, with scopes= and expires_in=."""
    return issue_token(actor=Actor.system("tests"), label="test", **owner).secret


def problem(response) -> tuple[int, str, list[str]]:
    """(status, code, pointers) of a problem document."""
    body = response.json()
    return response.status_code, body["code"], [error["pointer"] for error in body.get("errors", [])]
