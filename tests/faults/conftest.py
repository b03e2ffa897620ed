"""One running product for all faults: starting it costs more than any of them."""

import os

import pytest

from tests.faults.ground import running_ground

EVERYTHING = os.environ.get("RELEASEGATE_TEST_FAULTS") == "all"


@pytest.fixture(scope="package")
def running(tmp_path_factory):
    with running_ground(tmp_path_factory.mktemp("faults")) as ground:
        yield ground


@pytest.fixture
def ground(running):
    """Redis up, no fault of AWS in force, one plain worker for each pool."""
    if running.redis.process is None:
        running.redis.start()
    running.control.clear()
    running.both_pools_work()
    yield running
    running.control.clear()
