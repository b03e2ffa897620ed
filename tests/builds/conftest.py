"""What tests of builds get: a versioned bucket in the tools account of the running sandbox."""

import itertools

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.session import AwsConfig, Sessions
from tests.builds import s3

_numbers = itertools.count(1)


@pytest.fixture
def control(sandbox):
    """The sandbox's controls, with no fault in force before and after."""
    control = SandboxControl(sandbox.endpoint_url)
    control.clear()
    yield control
    control.clear()


@pytest.fixture
def sessions(sandbox, control):
    """Sessions of the tools account, as the product makes them."""
    config = AwsConfig(sandbox.endpoint_url, "eu-west-1", TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY)
    return Sessions(config)


@pytest.fixture
def bucket(sessions):
    """A new versioned bucket: `bucket.put(key, data)` answers the artifact's address, version and digest."""
    return s3.Bucket(sessions.tools().client("s3"), f"builds-{next(_numbers)}")


@pytest.fixture(autouse=True)
def evidence_dir(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path / "evidence"
    return settings.EVIDENCE_DIR
