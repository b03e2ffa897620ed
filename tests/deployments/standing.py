"""One company per test module: made once, and every test's changes to it rolled back."""

from importlib import import_module

import pytest
from django.db import transaction


@pytest.fixture(scope="module")
def company(django_db_setup, django_db_blocker):
    """A World.make() that stays for the module, inside a transaction around those of its tests.

    Not for modules with transactional tests: those make their own. Imported here and not above, because this
    file is read by a conftest, before Django is set up.
    """
    made = import_module("tests.deployments.world").World
    with django_db_blocker.unblock(), transaction.atomic():
        yield made.make()
        transaction.set_rollback(True)


@pytest.fixture
def world(company, db):
    """The module's company, with a worker that lived a moment ago."""
    company.worker_lives()
    return company
