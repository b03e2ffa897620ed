"""When was it last used? Known to the minute, at the price of one write a minute."""

from datetime import timedelta

import pytest

from teams.actions.touch_token import touch_token
from teams.models import ApiToken
from tests import people
from tests.teams.callers import secret_of
from tests.teams.events import events

pytestmark = pytest.mark.django_db
AT = people.EPOCH


@pytest.fixture
def token() -> ApiToken:
    people.application("payments")
    secret_of(application="payments", scopes=["read"], expires_in=60)
    return ApiToken.objects.get()


def _touch(at) -> bool:
    return touch_token(token=ApiToken.objects.get(), at=at)


def test_the_first_use_is_written(token):
    assert _touch(AT) is True
    assert ApiToken.objects.get().last_used_at == AT


def test_within_a_minute_nothing_is_written(token, django_assert_num_queries):
    _touch(AT)
    row = ApiToken.objects.get()
    with django_assert_num_queries(0):
        assert touch_token(token=row, at=AT + timedelta(seconds=59)) is False
    assert ApiToken.objects.get().last_used_at == AT


def test_after_a_minute_it_is_written_again(token):
    _touch(AT)
    assert _touch(AT + timedelta(seconds=60)) is True
    assert ApiToken.objects.get().last_used_at == AT + timedelta(seconds=60)


def test_two_requests_at_once_write_once(token):
    stale = ApiToken.objects.get()
    assert _touch(AT) is True
    assert touch_token(token=stale, at=AT + timedelta(seconds=1)) is False
    assert ApiToken.objects.get().last_used_at == AT


def test_a_mark_in_the_future_is_replaced(token):
    _touch(AT + timedelta(days=1))
    assert _touch(AT) is True
    assert ApiToken.objects.get().last_used_at == AT


def test_use_is_no_event(token):
    before = len(events())
    _touch(AT)
    assert len(events()) == before
