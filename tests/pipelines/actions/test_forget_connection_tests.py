"""Requests to try an account go after a day, not before."""

from datetime import timedelta

import pytest

from kernel.clock import raw_now
from pipelines.actions.forget_connection_tests import forget_connection_tests
from pipelines.models import ConnectionTest
from tests import people
from tests.pipelines import places

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("hours", "gone"), [(24, 0), (26, 1)])
def test_they_go_after_a_day(hours, gone):
    at = raw_now() - timedelta(hours=hours)
    record = people.administrator().as_record()
    ConnectionTest.objects.create(account=places.account("prod"), asked_by=record, asked_at=at, expires_at=at)
    assert forget_connection_tests() == gone
    assert ConnectionTest.objects.count() == 1 - gone
