"""What tests of AWS get: a fresh account of the running sandbox each, with its role and buckets."""

import itertools

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import Seeder, role_arn, root_clients
from aws.session import AwsConfig, AwsTarget, Sessions

REGION = "eu-west-1"
_numbers = itertools.count(900000000001)


@pytest.fixture
def control(sandbox):
    """The sandbox's controls, with no fault in force and nothing counted, before and after."""
    control = SandboxControl(sandbox.endpoint_url)
    control.clear()
    control.reset_counts()
    yield control
    control.clear()
    control.set_clock_offset(0)
    control.set_minute(60)


@pytest.fixture
def sessions(sandbox, control):
    """Sessions of the tools account, as the product makes them."""
    config = AwsConfig(sandbox.endpoint_url, REGION, TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY)
    return Sessions(config)


@pytest.fixture
def seeder(sandbox):
    return Seeder(root_clients(sandbox.endpoint_url))


@pytest.fixture
def new_target(seeder, control):
    """Makes targets: each an account nobody used before, prepared as the demo's accounts are."""

    def make(external_id="external-id-of-this-account"):
        account = str(next(_numbers))
        seeder.prepare_account(account, REGION, external_id)
        control.reset_counts()
        return AwsTarget(account, REGION, role_arn(account), external_id)

    return make


@pytest.fixture
def target(new_target):
    return new_target()


@pytest.fixture
def session(sessions, target):
    """A session in the target account with all rights of its role."""
    return sessions.assume(target, session_name="rg-test")


@pytest.fixture
def staging(target):
    return f"rg-staging-{target.account_id}-{target.region}"
