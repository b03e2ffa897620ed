"""The frame is made once per request and asks each thing once."""

from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.functional import SimpleLazyObject

from insights.frame import frame_of
from tests.insights.browser import frame


def test_one_frame_per_request_with_a_real_zone(world):
    request = RequestFactory().get("/")
    request.actor = frame("rita").actor
    request.zone = SimpleLazyObject(lambda: ZoneInfo("Asia/Tokyo"))
    found = frame_of(request)
    assert frame_of(request) is found
    assert type(found.zone) is ZoneInfo
    assert found.zone.key == "Asia/Tokyo"


def test_time_and_visibility_are_asked_once(world):
    found = frame("omar")
    assert found.now == found.pulse.at
    assert found.names == frozenset({"payments"})
    with CaptureQueriesContext(connection) as counted:
        assert (found.now, found.names) == (found.pulse.at, frozenset({"payments"}))
    assert len(counted) == 0


@pytest.mark.parametrize(
    ("username", "names"), [("rita", None), ("zoe", frozenset()), ("dana", frozenset({"payments"}))]
)
def test_what_each_may_see(world, username, names):
    assert frame(username).names == names


def test_a_page_that_counted_for_itself_sets_the_badge(world):
    world.asked()
    found = frame("rita")
    found.inbox_count = 7
    assert found.inbox_count == 7
    assert frame("rita").inbox_count == 1
