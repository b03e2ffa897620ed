"""One town for all of these tests; what one of them does in it is rolled back."""

from importlib import import_module

import pytest
from django.db import transaction


@pytest.fixture(scope="package")
def _town(django_db_setup, django_db_blocker):
    """The town and its callers, inside a transaction around those of the tests. Imported here and not above, because
    this file is read before Django is set up."""
    world = import_module("tests.deployments.world").World
    town = import_module("tests.census.town").Town
    callers = import_module("tests.census.callers")
    asking = import_module("tests.census.asking")
    with django_db_blocker.unblock(), transaction.atomic():
        made = town.make(world.make())
        yield made, callers.everybody(), asking.everything()
        transaction.set_rollback(True)


@pytest.fixture
def town(_town, db, patient):
    _town[0].world.worker_lives()
    return _town[0]


@pytest.fixture
def callers(_town, town):
    return _town[1]


@pytest.fixture
def before(_town):
    """What every table holds, but for those of which a refusal may leave a trace."""
    return _town[2]


@pytest.fixture
def patient(settings, monkeypatch):
    """Nobody is counted, and nobody waits for a worker that is not there."""
    settings.RATE_LIMIT_PER_MINUTE = settings.UNAUTHENTICATED_LIMIT_PER_MINUTE = 1_000_000
    monkeypatch.setattr("deployments.api.accounts.ANSWER_SECONDS", 0)
