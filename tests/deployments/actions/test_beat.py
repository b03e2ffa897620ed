"""A worker's word that it lives."""

import pytest

from deployments.actions.beat import beat
from deployments.facts import pool_alive
from deployments.models import Worker

pytestmark = pytest.mark.django_db


def test_a_pool_lives_once_a_worker_of_it_said_so():
    assert not pool_alive("prod")
    beat(worker="w1", pool="prod")
    beat(worker="w1", pool="prod")
    assert pool_alive("prod")
    assert not pool_alive("nonprod")
    assert Worker.objects.count() == 1


def test_a_worker_of_every_pool_serves_each():
    beat(worker="embedded", pool="*")
    assert pool_alive("whatever")
