"""The plan that people saw is the one that is carried out, or they are asked again."""

import pytest

from approvals.models import Vote
from tests.aws.sandbox.cloudformation import stacks
from tests.deployments.engine.driving import value

pytestmark = pytest.mark.one_database
PARAMETERS = [{"ParameterKey": "Stage", "ParameterValue": "staging"}]


def approved(engine, version: str):
    """`version` in staging, planned, with the one key that staging asks for."""
    engine.release(version)
    engine.world.runs(version, "dev")
    row = engine.advance(engine.ask(version), until=lambda row: row.state == "needs_approval")
    engine.world.vote(row, "rita")
    return row


def by_hand(session, **resources) -> None:
    """Somebody changes the stack past us: every change set of it is gone then."""
    client = session.client("cloudformation")
    head = {"Parameters": PARAMETERS}
    body = stacks.template(P=stacks.parameter("by hand", Name="/p"), **resources)
    body = body.replace('{"Resources"', '{"Parameters": {"Stage": {"Type": "String"}}, "Resources"', 1)
    stacks.plan(client, "payments-staging", "by-hand", body, **head)
    client.execute_change_set(StackName="payments-staging", ChangeSetName="by-hand")


def test_a_stack_that_was_changed_meanwhile_voids_the_votes_and_nothing_is_executed(
    engine_for, control, session
):
    engine = engine_for({"dev": {}, "staging": {}})
    assert engine.advance(approved(engine, "1.0.0")).state == "succeeded"
    row = approved(engine, "1.1.0")
    seen = row.plan_digest
    by_hand(session, Q=stacks.parameter("more"))
    control.reset_counts()
    row = engine.advance(row, until=lambda row: row.plan_round == 2 and row.state == "needs_approval")
    assert (row.started_at, row.plan_digest != seen, row.approval.state) == (None, True, "void")
    assert row.reasons[0]["code"] == "approval_void"
    votes = Vote.objects.filter(request=row.approval)
    assert list(votes.values_list("void", "changed_fields")) == [(True, ["plan_digest"])]
    assert (control.count("cloudformation", "ExecuteChangeSet", effective=False), value(session)) == (
        0,
        "by hand",
    )
    engine.world.vote(row, "rita")
    assert engine.advance(row).state == "succeeded"
    assert (control.count("cloudformation", "ExecuteChangeSet"), value(session)) == (1, "1.1.0")


def test_a_plan_that_is_the_same_when_it_is_computed_again_keeps_the_votes(engine_for, control, session):
    engine = engine_for({"dev": {}, "staging": {}})
    assert engine.advance(approved(engine, "1.0.0")).state == "succeeded"
    row = approved(engine, "1.1.0")
    name = f"rg-{row.pk.removeprefix('dep_')}-1"
    session.client("cloudformation").delete_change_set(StackName="payments-staging", ChangeSetName=name)
    row = engine.advance(row)
    assert (row.state, row.plan_round, value(session)) == ("succeeded", 2, "1.1.0")
    assert not Vote.objects.filter(void=True).exists()
