"""Pages: stable, complete, and not to be confused by a made-up cursor."""

import base64
import json

import pytest

from kernel.paging import page, read_limit
from kernel.refusals import Invalid
from teams.models import Team
from tests.people import team


@pytest.fixture
def teams(db):
    for name in ("a", "b", "c", "d", "e"):
        team(name)
    return Team.objects.all()


def names(found) -> list[str]:
    return [row.name for row in found.items]


def walk(queryset, limit: int, **options) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        found = page(queryset, cursor=cursor, limit=limit, key="name", **options)
        pages.append(names(found))
        cursor = found.next_cursor
        if cursor is None:
            return pages


def test_all_rows_come_once_and_in_order(teams):
    assert walk(teams, 2) == [["e", "d"], ["c", "b"], ["a"]]
    assert walk(teams, 2, descending=False) == [["a", "b"], ["c", "d"], ["e"]]


def test_a_full_last_page_has_no_next(teams):
    assert walk(teams, 5) == [["e", "d", "c", "b", "a"]]


def test_an_empty_list_is_one_empty_page(db):
    assert walk(Team.objects.all(), 5) == [[]]


def test_a_row_added_meanwhile_does_not_shift_the_next_page(teams):
    first = page(teams, cursor=None, limit=2, key="name")
    team("z")
    assert names(page(teams, cursor=first.next_cursor, limit=2, key="name")) == ["c", "b"]


def test_a_page_costs_one_query(teams, django_assert_num_queries):
    with django_assert_num_queries(1):
        page(teams, cursor=None, limit=2, key="name")


@pytest.mark.parametrize(("text", "expected"), [(None, 50), ("1", 1), ("200", 200), ("007", 7)])
def test_a_limit_is_read(text, expected):
    assert read_limit(text) == expected


@pytest.mark.parametrize("text", ["", "0", "201", "-1", "1.5", " 1", "ten", "²", "１", "9" * 5000])
def test_any_other_limit_is_refused(text):
    with pytest.raises(Invalid) as refused:
        read_limit(text)
    assert (refused.value.code, refused.value.errors[0]["pointer"]) == ("limit_invalid", "?limit")


def encoded(value) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "a",
        "\x00",
        "é",
        encoded([]),
        encoded([1, 2]),
        encoded({"a": 1}),
        encoded([None]),
        encoded([True]),
        encoded([{"a": 1}]),
        encoded("x"),
        encoded(5),
        encoded([1.5]),
        encoded(["a\x00b"]),
        encoded(["\ud800"]),
    ],
)
def test_a_cursor_that_is_not_ours_is_refused(teams, cursor):
    with pytest.raises(Invalid) as refused:
        page(teams, cursor=cursor, limit=2, key="name")
    assert refused.value.code == "cursor_invalid"
