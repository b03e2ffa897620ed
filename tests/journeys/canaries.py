"""Secrets that a whole journey used, and every place it left something in: none of them may be in any."""

import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from tests.journeys.wire import Api

TYPED = "a password typed into the wrong field 4711"
WRONG = "a wrong password 4712"
PARAMETER = "AKIA4713471347134713"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/4714CANARYCANARY14"


def deeds(url: str, admin: Api, dana: Api) -> dict[str, str]:
    """What people do with secrets by mistake; answers {what it is: the secret}."""
    sign_in(url, "rita", WRONG)
    sign_in(url, TYPED, WRONG)
    asked = {"label": "canary", "scopes": ["read"], "expires_in": 3600}
    kept = admin.ask("POST", "/people/admin/tokens", asked, Idempotency_Key="canary").body["token"]
    leaked = admin.post("/people/admin/tokens", asked)["token"]
    assert Api(url).ask("GET", f"/builds?token={leaked}").code == "token_in_query"
    assert Api(url, leaked).ask("GET", "/whoami").code == "token_revoked"
    body = {"application": "payments", "version": "1.4.2", "environment": "dev"}
    for name, value in (("Key", PARAMETER), ("DatabaseSecret", AWS_SECRET)):
        refused = dana.ask("POST", "/deployments", {**body, "parameters": {name: value}})
        assert (refused.status, refused.code) == (422, "secret_in_parameters"), refused.text
        assert value not in refused.text
    assert Api(url, kept + "x").ask("GET", "/whoami").status == 401
    return {
        "token made with an Idempotency-Key": kept,
        "token sent in a query": leaked,
        "password in the field of the name": TYPED,
        "wrong password": WRONG,
        "access key in a parameter": PARAMETER,
        "secret key in a parameter": AWS_SECRET,
    }


def sign_in(url: str, login: str, password: str) -> None:
    """A refused attempt, as a browser makes it."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    page = opener.open(f"{url}/sign-in", timeout=30).read().decode()
    csrf = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    form = {"login": login, "password": password, "csrfmiddlewaretoken": csrf}
    request = urllib.request.Request(
        f"{url}/sign-in", urllib.parse.urlencode(form).encode(), {"Referer": url}
    )
    answer = opener.open(request, timeout=30).read().decode()
    assert password not in answer


def answers(aude: Api, admin: Api) -> Iterator[tuple[str, bytes]]:
    """What the API and the pages of this journey say to those who see most."""
    for path in ("/audit/events.jsonl", "/audit/deployments.csv", "/audit/bundle", "/board", "/builds"):
        yield path, aude.ask("GET", path).data
    for row in aude.get("/deployments", limit=200)["items"]:
        yield row["id"], aude.ask("GET", f"/deployments/{row['id']}").data
        yield f"log of {row['id']}", aude.ask("GET", f"/deployments/{row['id']}/log").data
    for path in ("/people", "/people/admin/tokens", "/applications/payments/tokens", "/accounts"):
        yield path, admin.ask("GET", path).data


def files(*places: Path) -> Iterator[tuple[str, bytes]]:
    for place in places:
        found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
        yield from ((str(path), path.read_bytes()) for path in found)


def postgres_rows(address: str) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema of ours, as its superuser reads it."""
    with psycopg.connect(address) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)), binary=True)
            yield table, _flat(rows)


def sqlite_rows(path: Path) -> Iterator[tuple[str, bytes]]:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            yield table, _flat(connection.execute(f'SELECT * FROM "{table}"'))
    connection.close()


def _flat(rows) -> bytes:
    values = (value for row in rows for value in row)
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in values)


def found(secrets: dict[str, str], *places: Iterator[tuple[str, bytes]]) -> list[str]:
    """`<secret> in <place>`, for each that is anywhere."""
    leaks, seen = [], 0
    for where, content in (pair for place in places for pair in place):
        seen += len(content)
        leaks += [f"{what} in {where}" for what, secret in secrets.items() if secret.encode() in content]
    assert seen > 100_000, "nothing to look at was found"
    return leaks
