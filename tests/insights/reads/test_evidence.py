"""Evidence as rows: numbers in words, the newest of each, and nothing unread that looks like a pass."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builds.models import Evidence
from insights.reads.evidence import (
    KINDS,
    evidence_chip,
    evidence_rows,
    missing_kinds,
    rows_by_round,
    summary_in_words,
)

AT = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def report(kind="junit", name="unit", *, minutes=0, **more) -> Evidence:
    values = {"state": "parsed", "verdict": "pass", "build_id": "bld_1", **more}
    return Evidence(kind=kind, name=name, created_at=AT + timedelta(minutes=minutes), **values)


@pytest.mark.parametrize(
    ("kind", "summary", "words"),
    [
        ("junit", {"tests": 42, "passed": 42}, "42 of 42 passed"),
        (
            "junit",
            {"tests": 42, "passed": 38, "failed": 1, "errors": 2, "skipped": 1},
            "38 of 42 passed, 3 failed, 1 skipped",
        ),
        ("junit", {"tests": 5, "passed": 0, "skipped": 5}, "0 of 5 passed, 5 skipped"),
        ("junit", {"tests": 5}, "0 of 5 passed"),
        ("junit", {"tests": 0}, "no tests ran"),
        ("junit", {}, "no tests ran"),
        ("coverage", {"line_rate": 0.875, "branch_rate": 0.71}, "87.5 % of lines, 71.0 % of branches"),
        ("coverage", {"line_rate": 0, "branch_rate": None}, "0.0 % of lines"),
        ("coverage", {"line_rate": "much", "branch_rate": "1"}, "100.0 % of branches"),
        ("coverage", {}, ""),
        ("sarif", {"critical": 2, "high": 0, "low": 1}, "2 critical, 1 low"),
        ("sarif", {"critical": 0, "high": 0, "medium": 0, "low": 0}, "no findings"),
        ("sarif", {}, ""),
        ("sbom", {"components": 1}, "1 component"),
        ("sbom", {"components": 0}, "no components"),
        ("sbom", {}, ""),
        ("custom", {"tests": 3}, ""),
        ("nonsense", {}, ""),
    ],
)
def test_the_numbers_of_a_report_in_words(kind, summary, words):
    assert summary_in_words(kind, summary) == words


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"junit"}))
def test_of_a_report_that_nobody_counted_nothing_is_said(kind):
    assert summary_in_words(kind, {}) == ""


def test_the_newest_of_each_name_stands_in_the_order_of_the_kinds():
    rows = evidence_rows(
        [
            report("coverage", "all", minutes=9),
            report("junit", "unit", minutes=5, verdict="fail"),
            report("junit", "unit", minutes=1),
            report("junit", "e2e"),
            report("homemade", "x"),
        ]
    )
    assert [(r["title"], r["name"], r["state"]) for r in rows] == [
        ("Tests", "e2e", "pass"),
        ("Tests", "unit", "fail"),
        ("Coverage", "all", "pass"),
        ("homemade", "x", "pass"),
    ]


def test_a_later_pass_takes_the_place_of_a_failure_and_of_two_at_one_instant_the_later_id_stands():
    rows = evidence_rows([report(minutes=2), report(minutes=1, verdict="fail")])
    assert [row["state"] for row in rows] == ["pass"]
    rows = evidence_rows([report(id="evd_2", verdict="fail"), report(id="evd_1")])
    assert [row["state"] for row in rows] == ["fail"]


@pytest.mark.parametrize("verdict", ["pass", "fail", "warn", "none"])
def test_what_was_not_read_is_rejected_whatever_verdict_it_carries(verdict):
    row = evidence_rows([report(state="rejected", verdict=verdict)])[0]
    assert (row["state"], row["verdict"]) == ("rejected", verdict)


def test_problems_are_masked_and_what_is_no_problem_is_left_out():
    problems = [{"detail": "password=hunter2hunter2 refused"}, "text", None, {}, {"detail": 7}]
    row = evidence_rows([report(problems=problems)])[0]
    assert row["problems"] == ["password=[masked] refused", "", "7"]


def test_without_evidence_tests_and_coverage_are_said_to_be_missing():
    assert evidence_rows([]) == []
    assert missing_kinds([]) == ["Tests", "Coverage"]
    assert missing_kinds([report("coverage", "all")]) == ["Tests"]
    assert missing_kinds([report("sarif", "scan"), report(), report("coverage")]) == []


def test_the_tests_of_what_failed_stand_apart_from_those_of_what_runs_again():
    first, second = report(verdict="fail"), report(minutes=9, build_id="bld_0")
    rounds = rows_by_round([second, first], "bld_1", "1.1.0", "1.0.0")
    assert [(r["title"], [row["state"] for row in r["rows"]]) for r in rounds] == [
        ("1.1.0, before going back", ["fail"]),
        ("1.0.0, after going back", ["pass"]),
    ]
    assert [r["title"] for r in rows_by_round([first], "bld_1", "1.1.0", "")] == [""]
    assert rows_by_round([], "bld_1", "1.1.0", "1.0.0") == []


@pytest.mark.parametrize(
    ("numbers", "text", "tone"),
    [
        ((0, 0, 0), "No evidence", "attention"),
        ((1, 1, 0), "1 of 1 report passed", "ok"),
        ((3, 3, 0), "3 of 3 reports passed", "ok"),
        ((3, 2, 0), "2 of 3 reports passed", "attention"),
        ((3, 2, 1), "1 report failed", "danger"),
        ((4, 2, 2), "2 reports failed", "danger"),
    ],
)
def test_the_chip_of_a_row(numbers, text, tone):
    chip = evidence_chip(*numbers)
    assert (chip["text"], chip["tone"]) == (text, tone)


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50))
def test_the_chip_is_green_only_when_every_report_passed(passed, failed, other):
    total = passed + failed + other
    green = evidence_chip(total, passed, failed)["tone"] == "ok"
    assert green is (total > 0 and passed == total)
