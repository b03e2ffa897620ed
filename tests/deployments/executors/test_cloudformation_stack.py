"""The CloudFormation target against the sandbox: plan, adopt, execute, undone, never created, cleaned up."""

from dataclasses import replace

import pytest

from deployments.executor import Calls, Done, Failed, Poll
from deployments.executors.cloudformation_stack import CloudFormationStack
from tests.aws.sandbox.cloudformation import stacks
from tests.deployments.executors import carrying

KIND = CloudFormationStack()
ONE = stacks.template(P=stacks.parameter("one", Name="/p"))
TWO = stacks.template(P=stacks.parameter("two", Name="/p"))


@pytest.fixture
def made(session, target, staging):
    """Makes a context whose template lies in the account's staging bucket."""

    def make(body=ONE, prefix="rg-one-1", **more):
        data = body.encode()
        version = session.client("s3").put_object(Bucket=staging, Key=prefix, Body=data)["VersionId"]
        ref = carrying.artifact(
            "template", "cloudformation-template", data, bucket=staging, key=prefix, version_id=version
        )
        return carrying.context(
            session,
            target,
            {"stack": "payments-dev", "template": "template"},
            {"template": data},
            {"template": ref},
            name_prefix=prefix,
            **more,
        )

    return make


def planned(context):
    end, context = carrying.carry(KIND.plan, context)
    assert isinstance(end, Done), end
    return end.result, replace(context, data=end.result["data"])


def deployed(context):
    _, context = planned(context)
    return carrying.carry(KIND.apply, context)


def value(session):
    return session.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"]


def test_plan_names_what_would_be_added_and_changes_nothing(made, session):
    result, _ = planned(made())
    added = {"action": "Add", "logical_id": "P", "type": "AWS::SSM::Parameter"}
    assert [{key: row[key] for key in added} for row in result["changes"]] == [added]
    assert (result["state"], result["data"]["new"]) == ("ready", True)
    assert session.client("ssm").describe_parameters()["Parameters"] == []


def test_plan_adopts_the_change_set_that_is_there_already(made, control):
    planned(made())
    planned(made())  # another process, which knows of no intent
    assert control.count("cloudformation", "CreateChangeSet") == 1


def test_applied_plan_is_executed_once_and_its_events_are_logged(made, session, control):
    end, context = deployed(made())
    assert end.detail == "The stack is CREATE_COMPLETE."
    assert value(session) == "one"
    again, _ = carrying.carry(KIND.apply, replace(context, intents=()))
    assert isinstance(again, Done)
    assert any("AWS::SSM::Parameter P" in line for line in again.log)
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_plan_without_changes_is_none(made):
    deployed(made())
    result, _ = planned(made(prefix="rg-two-1"))
    assert result == {"state": "none", "changes": [], "data": {}}


def test_change_that_aws_undoes_says_why(made, session, control):
    deployed(made())
    control.fault("cloudformation", "*", "fail_resource", resource="P", reason="no room left")
    end, _ = deployed(made(TWO, "rg-two-1"))
    assert isinstance(end, Failed)
    assert (end.code, end.undone, end.nothing_left) == ("aws_rolled_back", True, False)
    assert end.detail == "AWS undid the change: P: no room left"
    assert value(session) == "one"


def test_failed_creation_leaves_nothing_and_the_next_plan_removes_the_dead_stack(made, control):
    control.fault("cloudformation", "*", "fail_resource", resource="P", reason="no room left")
    end, _ = deployed(made())
    assert (end.code, end.nothing_left, end.undone) == ("creation_failed", True, False)
    result, _ = planned(made(prefix="rg-two-1"))
    assert result["state"] == "ready"
    assert control.count("cloudformation", "DeleteStack") == 1


def test_template_that_aws_refuses_fails_the_plan_with_its_words(made, control):
    end, _ = carrying.carry(KIND.plan, made('{"Resources": {"P": {"Type": "No::Such::Thing"}}}'))
    assert isinstance(end, Failed)
    assert (end.code, end.changed) == ("plan_failed", False)


@pytest.mark.parametrize("body", ["[]", "&a [*a]", "{", "Resources: 3"])
def test_unreadable_template_is_refused_before_aws_is_asked(made, control, body):
    control.reset_counts()
    end = KIND.plan(made(body))
    assert isinstance(end, Failed)
    assert end.detail.startswith("The template cannot be read: ")
    assert control.count("cloudformation", "CreateChangeSet", effective=False) == 0


def test_missing_template_is_named(made):
    context = made()
    end = KIND.plan(replace(context, artifacts={}))
    assert (end.code, end.detail) == ("plan_failed", "The build has no artifact named template.")


def test_plan_that_is_gone_is_stale_and_nothing_is_executed(made, session, control):
    _, context = planned(made())
    session.client("cloudformation").delete_change_set(StackName="payments-dev", ChangeSetName="rg-one-1")
    end = KIND.apply(context)
    assert (end.code, end.changed) == ("plan_stale", False)
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_lost_answer_to_the_execution_is_read_not_repeated(made, control):
    _, context = planned(made())
    control.fault("cloudformation", "ExecuteChangeSet", "lost_after")
    context = carrying.send(context, KIND.apply(context))
    assert context.intents[-1].outcome == "ambiguous"
    end, _ = carrying.carry(KIND.apply, context)
    assert end.detail == "The stack is CREATE_COMPLETE."
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 1


def test_execution_lost_before_it_arrived_is_sent_again_with_the_same_token(made, control):
    _, context = planned(made())
    first = KIND.apply(context)
    control.fault("cloudformation", "ExecuteChangeSet", "lost_before")
    context = carrying.send(context, first)
    second = KIND.apply(context)
    assert isinstance(second, Calls)
    assert second.calls[0].token == first.calls[0].token == "rg-one-1-exec"
    end, _ = carrying.carry(KIND.apply, context)
    assert isinstance(end, Done)
    assert control.count("cloudformation", "ExecuteChangeSet") == 1


def test_busy_stack_is_waited_for(made, control):
    deployed(made())
    control.fault("cloudformation", "*", "slow_stack", seconds=1)
    _, context = planned(made(TWO, "rg-two-1"))
    carrying.send(context, KIND.apply(context))
    assert isinstance(KIND.plan(made(ONE, "rg-three-1")), Poll)


def test_rollback_brings_the_earlier_template_back(made, session):
    deployed(made())
    deployed(made(TWO, "rg-two-1"))
    assert value(session) == "two"
    end, _ = carrying.carry(KIND.rollback, made(ONE, "rg-two-1-rb"))
    assert isinstance(end, Done)
    assert value(session) == "one"


def test_cleanup_removes_the_unused_plan_and_its_empty_stack(made, session):
    planned(made())
    end, _ = carrying.carry(KIND.cleanup, made())
    assert end == Done("Nothing is left over.")
    left = session.client("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in left if stack["StackStatus"] != "DELETE_COMPLETE"] == []


def test_cleanup_leaves_a_stack_where_another_plan_lives(made, control):
    planned(made())
    planned(made(TWO, "rg-two-1"))
    end, _ = carrying.carry(KIND.cleanup, made())
    assert end == Done("Another plan uses the stack.")
    assert control.count("cloudformation", "DeleteStack", effective=False) == 0
    assert planned(made(TWO, "rg-two-1"))[0]["state"] == "ready"
