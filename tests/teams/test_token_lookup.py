"""Finding a token: one query, the database's clock, and none at all for a mistyped secret."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.clock import now, raw_now
from kernel.models import ClockOffset
from teams.models import ApiToken
from teams.token_lookup import find_token
from teams.tokens import mint
from tests import people
from tests.teams.callers import secret_of

pytestmark = pytest.mark.django_db


def _secret() -> str:
    people.person("alice")
    return secret_of(username="alice", scopes=[], expires_in=60)


def test_the_token_its_person_and_the_time_come_in_one_query():
    secret = _secret()
    with CaptureQueriesContext(connection) as queries:
        token, at = find_token(secret)
        assert token.person.username == "alice"
        assert token.application is None
    assert len(queries) == 1
    assert abs(at - raw_now()) < timedelta(seconds=5)
    assert at.utcoffset() == timedelta(0)


def test_the_time_is_the_one_decisions_are_taken_by():
    secret = _secret()
    ClockOffset.objects.create(seconds=3600)
    _, at = find_token(secret)
    assert abs(at - now()) < timedelta(seconds=5)
    assert at - raw_now() > timedelta(seconds=3500)


def test_where_the_clock_may_not_move_the_offset_is_not_even_read(settings):
    settings.CLOCK_MAY_MOVE = False
    secret = _secret()
    ClockOffset.objects.create(seconds=3600)
    _, at = find_token(secret)
    assert abs(at - raw_now()) < timedelta(seconds=5)


def test_a_mistyped_secret_is_refused_without_asking_the_database(django_assert_num_queries):
    secret = _secret()
    wrong = secret[:-1] + ("a" if secret[-1] != "a" else "b")
    with django_assert_num_queries(0):
        assert find_token(wrong) is None
        assert find_token("") is None
        assert find_token("rgt_" + "x" * 5000) is None


def test_a_well_formed_secret_that_nobody_issued_finds_nothing():
    _secret()
    assert find_token(mint()) is None
    assert ApiToken.objects.count() == 1
