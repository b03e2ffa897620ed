"""Columns, filters and what a spreadsheet would take for a formula."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.exports.columns import COLUMNS, NAMES, Filters, neutral
from deployments.models import History

AT = datetime(2026, 1, 2, tzinfo=UTC)


def test_every_column_of_the_table_leaves_and_no_other():
    assert set(NAMES) == {field.name for field in History._meta.get_fields()}
    assert len(NAMES) == len(set(NAMES))


def test_what_auditors_need_is_among_them():
    wanted = (
        "application version environment state requested_by reason approvals gate_version window evidence "
    )
    wanted += "artifacts aws_identity started_at ended_at tests outcome break_glass content_hash"
    wanted += " eligibility review deployment release build approval requester account"
    assert set(wanted.split()) <= set(NAMES)


def test_the_kinds_are_known():
    assert {kind for _, kind in COLUMNS} == {"text", "time", "flag"}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_formula_is_made_text(text):
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", ["", "plain", " =1", "1-1", "'=1", "a@b"])
def test_text_stays_text(text):
    assert neutral(text) == text


@given(st.text(max_size=20))
def test_nothing_that_leaves_begins_like_a_formula(text):
    assert not neutral(text).startswith(("=", "+", "-", "@", "\t", "\r"))


def test_filters_become_conditions_and_what_is_not_asked_is_left_out():
    assert Filters().conditions() == {}
    filters = Filters(
        since=AT, until=AT, application="payments", break_glass=False, applications=frozenset("ba")
    )
    assert filters.conditions() == {
        "requested_at__gte": AT,
        "requested_at__lt": AT,
        "application": "payments",
        "break_glass": False,
        "application__in": ["a", "b"],
    }


def test_filters_in_words():
    assert Filters().in_words() == "none: the whole history"
    assert Filters(state="failed").in_words() == "state=failed"
    assert Filters(applications=frozenset()).in_words() == "only applications visible to who exported"
