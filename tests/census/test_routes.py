"""The table and the addresses there are agree: a route without a row, or a row without a route, fails here."""

import re

import pytest
from django.urls import get_resolver

from releasegate.rest.schema import build_schema
from tests.census import api_rows, page_rows
from tests.census.asking import ask, changed
from tests.census.table import PLACEHOLDER, Cell, Row, read

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
CONVERTER = re.compile(r"<(?:\w+:)?\w+>")
API = {(method, "/api/v1" + path) for method, path in (row.route for row in api_rows.ROWS)}
PAGES = {row.route for row in page_rows.ROWS}
CATCH_ALL = "^api/v1(/.*)?$"  # what is not there, by any method: tests/releasegate/test_urls.py


def addresses(patterns=None, before: str = "") -> set[str]:
    """Every path Django would answer, with `{}` for every name."""
    found = set()
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        path = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            found |= addresses(pattern.url_patterns, path)
        elif path != CATCH_ALL:
            found.add("/" + CONVERTER.sub("{}", path))
    return found


def test_every_route_has_a_row_and_every_row_a_route():
    rows = {path for _, path in API | PAGES}
    assert rows | set(page_rows.NOTHING) == addresses()


def test_no_route_has_two_rows():
    for rows in (api_rows.ROWS, page_rows.ROWS):
        assert len({row.id for row in rows}) == len(rows)


def test_the_published_document_has_exactly_the_rows_of_the_api():
    published = {
        (method.upper(), PLACEHOLDER.sub("{}", path))
        for path, item in build_schema()["paths"].items()
        for method in item
        if method.upper() in METHODS
    }
    assert published == API - {("GET", "/api/v1/openapi.json")}


def refused_with(path: str) -> tuple[int, ...]:
    """405; what is one's own asks first who one is, whether it is there, and for what protects it."""
    return (302, 403, 404, 405) if path.startswith(("/account/", "/sign-in")) else (405,)


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
def test_a_method_without_a_row_is_not_allowed(town, callers, method):
    """To an administrator, whom no missing right keeps from reaching the method."""
    asked = 0
    for rows, known, before, api in (
        (api_rows.ROWS, API, "/api/v1", True),
        (page_rows.ROWS, PAGES, "", False),
    ):
        for path in sorted({row.path.partition("?")[0] for row in rows}):
            if (method, before + PLACEHOLDER.sub("{}", path)) in known:
                continue
            answer = ask(callers["admin"], Row(method, path, {}, ""), town.names, api=api)
            assert answer.status in refused_with(path), (method, path, answer.status)
            assert answer.touched == set(), (method, path)
            asked += 1
    assert asked >= 25


@pytest.mark.django_db
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", page_rows.NOTHING)
def test_nothing_is_where_a_library_wants_a_name(callers, method, path):
    for column in ("stranger", "nobody", "admin", "ci"):
        assert ask(callers[column], Row(method, path, {}, ""), {}, api=False).status == 404


def test_the_health_is_told_without_a_login_and_names_nobody(town, callers):
    for path in page_rows.BESIDE:
        answer = callers["stranger"].get(path)
        assert answer.status_code in (200, 503)
        text = answer.content.decode()
        assert [word for word in ("payments", "storefront", "dana", "rita") if word in text] == []


MARKS = "s  o  + x x  o o o  + x x  x"


def test_a_line_says_who_gets_what():
    (row,) = read(
        f"POST /builds/{{build}}?reason=x {MARKS} a | 200 build.withdraw a=409:busy", signed_out=Cell(401)
    )
    assert (row.id, row.key) == ("POST /builds/{build}?reason=x", "POST /builds/{build}")
    assert (row.route, row.needs, row.changes) == (("POST", "/builds/{}"), "build.withdraw", True)
    assert [row.cells[name] for name in ("stranger", "nobody", "team", "owner", "o-ci")] == [
        Cell(401),
        Cell(404, "not_found"),
        Cell(200),
        Cell(403, "forbidden"),
        Cell(409, "busy"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        f"GET /a {MARKS} | 200 build.withdraw",  # a mark too few
        f"GET /a {MARKS} x x | 200 build.withdraw",  # one too many
        f"GET /a {MARKS} q | 200 build.withdraw",  # one that is not explained
        f"GET /a {MARKS} x | 200",  # a 403 that names no permission
        "GET /a s + + + + + + + + + + + + | 200 build.withdraw",  # a permission that nobody lacks
    ],
)
def test_a_line_that_is_not_whole_is_an_error(line):
    with pytest.raises(ValueError, match="GET /a"):
        read(line, signed_out=Cell(401))


@pytest.mark.django_db
def test_what_a_request_writes_is_seen_and_undone(town, callers, before):
    """Else no test here would notice that a refusal changed something."""
    row = api_rows.BY_ID["POST /teams"]
    answer = ask(callers["admin"], row, town.names, api=True)
    assert changed(answer, before) == ["teams_team", "teams_teammembership"]
    assert [event["kind"] for event in answer.events] == ["team.changed"]
    again = ask(callers["admin"], row, town.names, api=True)
    assert (again.status, changed(again, before)) == (201, ["teams_team", "teams_teammembership"])
