"""One request, what it answered, and what it did to the database; undone afterwards."""

import difflib
import json
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.cookies import SimpleCookie

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction

from audit.models import AuditEvent
from tests.census import api_rows
from tests.census.bodies import API, FORMS
from tests.census.table import Row, filled

WRITE = re.compile(r'^\s*(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# What a refused request may touch: the record of it, how often somebody asks, and the browser's session.
ALWAYS = re.compile(r"audit_|kernel_ratebucket|django_session|releasegate_cache|teams_apitoken")
ANY = re.compile(
    r"req_\w+|evt_\w+|[0-9a-f]{32}|nonce-[\w-]+|csrfmiddlewaretoken[^>]*>|hx-headers='[^']*'"
    r'|"request_id": *"[^"]*"|<time.*?</time>|\d{4}-\d\d-\d\dT[\d:.]+Z',
    re.DOTALL,
)
JUNIT = b'<testsuite name="s" tests="1"><testcase name="adds" classname="m"/></testsuite>'


@dataclass
class Answer:
    status: int
    text: str
    location: str = ""
    touched: set = field(default_factory=set)  # tables written to, but for those of ALWAYS
    events: list = field(default_factory=list)  # bodies of the audit events that it left
    rows: dict = field(default_factory=dict)  # what the touched tables hold afterwards

    @property
    def json(self) -> dict:
        return json.loads(self.text)

    @property
    def words(self) -> str:
        """Without what differs from one request to the next: its id, the time, its own event, tokens of its page."""
        return ANY.sub("", self.text)


def differing(one: Answer, other: Answer) -> list[str]:
    """The lines in which two answers differ."""
    rows = difflib.unified_diff(one.words.splitlines(), other.words.splitlines(), n=0, lineterm="")
    return [f"{one.status} and {other.status}"] * (one.status != other.status) + list(rows)


def changed(answer: Answer, before: dict) -> list[str]:
    """The tables that hold something else than `before`; an UPDATE that only locks a row changes nothing."""
    return [table for table in sorted(answer.touched) if answer.rows[table] != before[table]]


@contextmanager
def undone():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client, row: Row, names: dict, *, api: bool, **headers) -> Answer:
    """What this caller gets for `row`; nothing of it stays, not even a cookie."""
    cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    with undone():
        before = AuditEvent.objects.count()
        statements = []
        with connection.execute_wrapper(partial(_note, statements)):
            response = _send(client, row, names, api, headers)
            content = b"".join(response.streaming_content) if response.streaming else response.content
        found = (WRITE.match(sql) for sql in statements)
        touched = {hit[1] for hit in found if hit and not ALWAYS.match(hit[1])}
        newest = AuditEvent.objects.order_by("-id")[: AuditEvent.objects.count() - before]
        answer = Answer(
            response.status_code,
            content.decode(errors="replace"),
            response.headers.get("Location", ""),
            touched,
            [json.loads(bytes(event.body)) for event in newest],
            {table: contents(table) for table in touched},
        )
    client.cookies = cookies
    return answer


def _note(statements: list, execute, sql, params, many, context):
    """Remember the statement. Not Django's query log: that one cannot COPY, which the export does."""
    statements.append(sql)
    return execute(sql, params, many, context)


def _send(client, row: Row, names: dict, api: bool, headers: dict):
    path = filled(row.path, names)
    body = filled((API if api else FORMS).get(row.key), names)
    call = getattr(client, row.method.lower())
    if not row.changes:
        return call((api_rows.BASE if api else "") + path, headers=headers)
    if not api:
        kind = {} if row.method == "POST" else {"content_type": "application/x-www-form-urlencoded"}
        return call(path, body if row.method == "POST" else "", headers=headers, **kind)
    if row.path.endswith("/evidence"):
        report = SimpleUploadedFile("junit.xml", JUNIT, content_type="text/xml")
        form = {"kind": "junit", "name": "unit", "file": report}
        return call(api_rows.BASE + path, form, headers=headers)
    data = "" if body is None else json.dumps(body)
    return call(api_rows.BASE + path, data=data, content_type="application/json", headers=headers)


def contents(table: str) -> list:
    """Every row of a table, in an order of its own. Table names come from the product's own statements."""
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')
        return sorted(map(repr, cursor.fetchall()))


def everything() -> dict[str, list]:
    """{table: its rows}, of all tables that a refusal must leave alone."""
    tables = connection.introspection.table_names()
    return {table: contents(table) for table in tables if not ALWAYS.match(table)}
