"""JSON Lines: the machine's form, nothing neutralised, missing said as null."""

import json

import pytest

from deployments.exports import history_jsonl
from deployments.exports.columns import NAMES, Filters
from tests.deployments.exports.rows import ODD, odd_rows, row

pytestmark = pytest.mark.django_db


def lines(filters=Filters(), header=()) -> list[dict]:  # noqa: B008 - frozen
    text = b"".join(history_jsonl.stream(filters, list(header))).decode()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.split("\n")[:-1]]


def test_the_first_line_says_what_it_is():
    assert lines(header=["Release Gate: deployment history", "rows: 0"]) == [
        {"export": {"Release Gate": "deployment history", "rows": "0"}}
    ]


def test_every_column_leaves_as_it_is():
    odd_rows()
    _, *rows = lines()
    assert list(rows[0]) == list(NAMES)
    assert [one["reason"] for one in rows] == ODD
    assert (rows[0]["break_glass"], rows[1]["break_glass"]) == (True, False)
    assert (rows[0]["requested_at"], rows[0]["ended_at"]) == ("2026-03-01T12:00:00Z", None)


def test_rows_are_filtered_and_oldest_first():
    for number in (2, 1):
        row(number)
    row(3, application="storefront")
    found = lines(Filters(application="application"))[1:]
    assert [one["deployment"][-1] for one in found] == ["1", "2"]
    assert lines(Filters(applications=frozenset())) == [{"export": {}}]


def test_more_than_one_piece_leaves_whole(monkeypatch):
    monkeypatch.setattr(history_jsonl, "CHUNK", 1000)
    for number in range(20):
        row(number)
    assert len(list(history_jsonl.stream(Filters(), []))) > 3
    assert len(lines()) == 21
