"""kill -9 of the worker at named places: another one takes over, and everything happened once."""

import pytest

from tests.faults import nemesis, oracles
from tests.faults.conftest import EVERYTHING

pytestmark = [pytest.mark.faults, pytest.mark.postgresql, pytest.mark.timeout(180)]

AROUND_A_CALL = ("before_intent", "after_intent", "after_call")
ALWAYS = [
    ("payments", f"{point}:{api}")
    for api in ("cloudformation.CreateChangeSet", "cloudformation.ExecuteChangeSet")
    for point in AROUND_A_CALL
] + [("storefront", "after_call:s3.PutObject:*-switch"), ("payments", "after_call:codebuild.StartBuild")]
MORE = [
    ("payments", "after_claim"),
    ("payments", "before_release"),
    ("payments", "before_commit:cloudformation.CreateChangeSet"),
    ("payments", "before_commit:cloudformation.ExecuteChangeSet"),
    ("payments", "after_record:cloudformation.CreateChangeSet"),
    ("payments", "after_record:cloudformation.ExecuteChangeSet"),
    ("payments", "before_intent:codebuild.StartBuild"),
    ("payments", "after_intent:codebuild.StartBuild"),
    ("payments", "after_record:codebuild.StartBuild"),
    ("payments", "after_call:s3.PutObject:*-stage-*"),
    ("payments", "after_intent:s3.PutObject:*-stage-*"),
    ("storefront", "after_call:s3.PutObject:*-lay-*"),
    ("storefront", "before_intent:s3.PutObject:*-switch"),
    ("storefront", "after_intent:s3.PutObject:*-switch"),
    ("storefront", "after_record:s3.PutObject:*-switch"),
]


@pytest.mark.parametrize(("application", "place"), ALWAYS + (MORE if EVERYTHING else []))
def test_a_killed_worker_loses_nothing_and_doubles_nothing(ground, tmp_path, application, place):
    worker = nemesis.doomed(ground, place)
    deployment = ground.ask(application, ground.release(application))
    nemesis.died(worker)
    ground.stack.worker("nonprod")
    oracles.hold(ground, deployment, tmp_path)
