"""What every test gets. The environment is chosen first, because Django reads its settings once."""

from tests import environment  # noqa: F401, I001  imported for its effect, before anything that reads settings

import os
from pathlib import Path

import pytest
from django.db import connections
from django.test import TransactionTestCase
from django.test.utils import setup_databases, teardown_databases
from pytest_django.fixtures import _disable_migrations

from aws.sandbox.server import Sandbox
from tests import database, lanes, servers

TESTS = Path(__file__).parent


def pytest_collection_modifyitems(config, items):
    """Leave out, in the run on one database, what belongs to the other."""
    kind = os.environ["RELEASEGATE_TEST_DB"]
    dropped = [
        item
        for item in items
        if lanes.unwanted(
            kind,
            marks={mark.name for mark in item.iter_markers()},
            fixtures=item.fixturenames,
            path=item.path.relative_to(TESTS),
        )
    ]
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = [item for item in items if item not in set(dropped)]


def pytest_report_header():
    return f"database: {os.environ['RELEASEGATE_TEST_DB']}"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(worker_name):
    """Give this process its own database: a file in the run's directory, or a name nobody else uses."""
    connections["default"].settings_dict["TEST"]["NAME"] = database.name_for(worker_name)


@pytest.fixture(scope="session")
def worker_name() -> str:
    return os.environ.get("PYTEST_XDIST_WORKER", "main")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment, django_db_blocker, django_db_modify_db_settings, django_db_use_migrations
):
    """Migrate as the owner, grant, and go on as the role that production runs under."""
    if not django_db_use_migrations:
        _disable_migrations()
    with django_db_blocker.unblock():
        if database.is_postgres():
            database.drop_abandoned()
        made = setup_databases(verbosity=0, interactive=False, serialized_aliases=set())
        seed = database.Seed()
        TransactionTestCase._fixture_teardown = lambda case: database.empty(seed)
        database.enter_production_role()
    yield
    with django_db_blocker.unblock():
        database.use_role(None)
        connections.close_all()
        teardown_databases(made, verbosity=0)


@pytest.fixture
def database_url(transactional_db) -> str:
    """DATABASE_URL for a child process that works on this test's database, as the production role."""
    return database.address(database.APP)


@pytest.fixture(scope="session")
def redis_url():
    """A Redis database of our own; tests that flush or stop the server take `private_redis` instead."""
    with servers.redis_for_tests() as url:
        yield url


@pytest.fixture
def private_redis():
    """A Redis that this test may flush, stop and start again."""
    server = servers.private_redis()
    yield server
    server.remove()


@pytest.fixture
def private_postgres():
    """A PostgreSQL that this test may stop, start again and break."""
    server = servers.private_postgres()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The browser: CHROMIUM_PATH, the system's, Playwright's own; otherwise the run ends with one line."""
    found = servers.chromium()
    if found is None:
        pytest.exit("No Chromium: apt-get install chromium, or set CHROMIUM_PATH to one.", returncode=4)
    return found


@pytest.fixture(scope="session")
def sandbox():
    """The sandbox AWS, one per process; `/_sandbox/` controls reset it between tests."""
    server = Sandbox().start()
    yield server
    server.stop()
