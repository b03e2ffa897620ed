"""Other bytes under the same names after the keys were given: the ones that were approved go out, or none."""

import pytest
from botocore.exceptions import ClientError

from deployments.states import State
from tests.deployments.engine.driving import value

pytestmark = pytest.mark.one_database
EVIL = b'{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/p", "Value": "evil"}}}}'


@pytest.fixture
def engine(engine_for):
    return engine_for({"prod": {}})


@pytest.fixture
def asked(engine):
    """In prod, planned, with both keys open."""
    engine.release("1.0.0")
    return engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == State.NEEDS_APPROVAL)


def approve(engine, asked) -> None:
    for name in ("rita", "omar"):
        engine.world.vote(asked, name)


def template(asked):
    return asked.release.build.artifacts.get(name="template")


def staged_key(artifact) -> str:
    return f"artifacts/{artifact.digest.removeprefix('sha256:')}/template"


def test_a_newer_object_under_the_same_key_is_not_what_was_approved(engine, asked, session):
    approve(engine, asked)
    engine.bucket.put("1.0.0/t", EVIL)
    row = engine.advance(asked)
    assert (row.state, value(session)) == ("succeeded", "1.0.0")


def test_other_bytes_over_the_copy_in_the_target_account_are_not_deployed(
    engine, asked, session, seeder, target, control
):
    approve(engine, asked)
    bucket = f"rg-staging-{target.account_id}-{target.region}"
    session.client("s3").put_object(Bucket=bucket, Key=staged_key(template(asked)), Body=EVIL)
    row = engine.advance(asked)
    assert (row.state, value(session)) == ("succeeded", "1.0.0"), "the change set is bound to its bytes"


def test_another_change_set_in_the_place_of_the_approved_one_is_not_executed(engine, asked, session, control):
    approve(engine, asked)
    cloudformation = session.client("cloudformation")
    stack = "payments-prod"
    (name,) = [one["ChangeSetName"] for one in cloudformation.list_change_sets(StackName=stack)["Summaries"]]
    cloudformation.delete_change_set(StackName=stack, ChangeSetName=name)
    cloudformation.create_change_set(
        StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=EVIL.decode()
    )
    row = engine.advance(asked)
    assert (row.state, row.reasons[0]["code"]) == ("failed", "ChangeSetNotFound"), "it is named by its own id"
    assert control.count("cloudformation", "ExecuteChangeSet") == 0
    with pytest.raises(ClientError, match="ParameterNotFound"):
        value(session)


def test_without_a_swap_the_same_way_leads_to_the_end(engine, asked, session, control):
    approve(engine, asked)
    row = engine.advance(asked)
    assert (row.state, value(session)) == ("succeeded", "1.0.0")
    assert control.count("cloudformation", "ExecuteChangeSet") == 1
