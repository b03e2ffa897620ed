"""What tests of the engine get: a fresh account of the sandbox, and an engine that deploys into it."""

from importlib import import_module

import pytest

from tests.aws.conftest import control, new_target, seeder, session, sessions, staging, target
from tests.builds.conftest import evidence_dir

__all__ = ["control", "evidence_dir", "new_target", "seeder", "session", "sessions", "staging", "target"]


@pytest.fixture
def engine_for(transactional_db, settings, sandbox, sessions, target):
    """Makes the engine: `engine_for({"dev": {}, "staging": {"soak": 60}})` deploys to the last of them.

    Imported here and not above, because a conftest is read before Django is set up.
    """
    config = sessions.config
    settings.AWS_ENDPOINT_URL = config.endpoint_url
    settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY = (
        config.access_key_id,
        config.secret_access_key,
    )
    settings.POLL_SECONDS, settings.TIME_SCALE = (0.02, 0.1), 0.01
    import_module("deployments.engine.work").cache.sessions.clear()
    tools = sessions.tools().client("s3")
    return lambda stages: import_module("tests.deployments.engine.driving").Engine(target, tools, stages)


@pytest.fixture
def engine(engine_for):
    return engine_for({"dev": {}})
