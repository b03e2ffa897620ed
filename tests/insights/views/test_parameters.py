"""What stands in an address, read without ever failing."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import RequestFactory

from insights.views.parameters import NOT_A_TIME, read_instant, read_number, read_page, with_parameter

BERLIN = ZoneInfo("Europe/Berlin")


def test_a_local_time_is_in_the_zone_of_the_reader():
    assert read_instant("2026-11-24T09:00", BERLIN) == (datetime(2026, 11, 24, 8, tzinfo=UTC), "")


def test_an_offset_wins_over_the_zone():
    assert read_instant("2026-11-24T09:00:00Z", BERLIN)[0] == datetime(2026, 11, 24, 9, tzinfo=UTC)


def test_a_date_alone_is_its_first_minute():
    assert read_instant("2026-07-01", BERLIN)[0] == datetime(2026, 6, 30, 22, tzinfo=UTC)


def test_no_text_is_no_instant_and_no_error():
    assert read_instant("", BERLIN) == (None, "")


# The ends of the calendar: no such time in every zone, and no database to ask.
ENDS = ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00", "0001-01-01", "0001-01-01T00:00:00+14:00")


@pytest.mark.parametrize(
    "text", ["soon", "2026-02-30", "9999999-01-01", "2026-11-24T25:00", "\u202e2026", " ", *ENDS]
)
def test_what_is_no_time_is_said(text):
    assert read_instant(text, BERLIN) == (None, NOT_A_TIME)


@pytest.mark.parametrize(
    ("text", "number"), [("1", 1), ("12", 12), ("", 1), ("0", 1), ("-3", 1), ("٣", 1), ("9" * 9, 1), ("x", 1)]
)
def test_a_page_number_is_at_least_one(text, number):
    assert read_page(text) == number


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("42", 42), ("", 0), ("-1", 0), ("1e3", 0), ("9" * 13, 0)]
)
def test_an_offset_is_a_plain_number(text, number):
    assert read_number(text) == number


def test_a_parameter_is_set_replaced_and_taken_out_and_the_others_stay():
    request = RequestFactory().get("/board", {"application": "a b", "page": "2"})
    assert with_parameter(request, page="3") == "/board?application=a+b&page=3"
    assert with_parameter(request, page="") == "/board?application=a+b"
    assert with_parameter(RequestFactory().get("/board"), page="") == "/board"
