"""Deployments as the API shows them."""

import pytest

from deployments import queries
from deployments import representations as shown
from deployments.models import Deployment, Lane, Step
from deployments.states import State
from kernel.verdicts import wire_time

pytestmark = pytest.mark.django_db


def full(world, row) -> dict:
    return shown.full(queries.get_visible(world.actor("aude"), row.pk))


def test_every_member_of_the_wire_is_there(world):
    body = full(world, world.asked())
    wire = (
        "id application version environment state waiting_for requested_by requested_at started_at ended_at "
    )
    wire += "break_glass reasons approval plan steps aws_identity rolled_back_to superseded_by baseline links"
    assert set(wire.split()) <= set(body)
    assert set(body["reasons"][0]) == {"code", "text", "object", "until", "how_to_clear"}
    assert set(body["steps"][0]) == {"kind", "state", "started_at", "ended_at", "detail"}
    assert set(body["approval"]) >= {"id", "content_hash", "state", "expires_at", "slots"}


def test_what_is_empty_is_null_and_times_are_utc(world):
    asked = world.asked()
    body = full(world, asked)
    empty = ("waiting_for", "reason", "started_at", "ended_at", "not_before", "aws_identity", "superseded_by")
    assert [body[name] for name in empty] == [None] * len(empty)
    assert body["requested_at"] == wire_time(asked.requested_at)
    assert body["links"] == {"html": f"http://localhost:8000/deployments/{asked.pk}"}


def test_the_digest_of_a_plan_is_null_only_while_nothing_was_computed(world):
    row = world.request()
    assert shown.plan(row) == {"state": "not_computed", "digest": None, "changes": []}
    row = world.plan(row, state="none")
    assert shown.plan(row) == {"state": "none", "digest": row.plan_digest, "changes": []}


def test_of_one_that_ended_no_step_is_still_to_come(world):
    asked = world.asked()
    before = {step["kind"]: step["state"] for step in full(world, asked)["steps"]}
    assert (before["gate"], before["apply"]) == ("waiting", "pending")
    Step.objects.filter(deployment=asked, kind="plan").update(state="done")
    Step.objects.filter(deployment=asked, kind="window").update(state="failed")
    ended = world.move(world.fresh(asked), State.CANCELLED)
    after = {step["kind"]: step["state"] for step in full(world, ended)["steps"]}
    assert (after["plan"], after["window"], after["lane"]) == ("done", "failed", "done")
    assert {after[kind] for kind in ("gate", "apply", "test")} == {"skipped"}


def test_steps_come_in_their_order(world):
    kinds = [step["kind"] for step in full(world, world.request())["steps"]]
    assert kinds == ["verify-artifacts", "plan", "gate", "window", "lane", "apply", "test"]


def test_after_the_end_the_approval_stays(world):
    body = full(world, world.succeeded())
    assert (body["state"], body["approval"]["state"], body["previous_version"]) == (
        "succeeded",
        "consumed",
        "1.0.0",
    )


def test_a_superseded_one_names_the_newer(world):
    asked = world.asked()
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    newer = world.approved("1.2.0")
    body = full(world, asked)
    assert (body["state"], body["superseded_by"], body["approval"]["state"]) == (
        "superseded",
        newer.pk,
        "closed",
    )


def test_an_item_of_a_list_is_a_part_of_the_whole(world):
    asked = world.asked()
    whole = full(world, asked)
    assert {key: whole[key] for key in shown.brief(asked)} == shown.brief(asked)


def test_a_lane_where_nothing_ever_ran(world):
    lane = Lane(application_id="payments", environment_id="prod")
    assert shown.lane(lane)["version"] is None
    assert (shown.lane(lane)["since"], shown.lane(lane)["drift"]) == (None, "unknown")


@pytest.mark.parametrize("state", sorted(State))
def test_a_poll_returns_for_an_end_or_a_person_and_for_nothing_else(state):
    ends = [
        "succeeded",
        "failed",
        "rolled_back",
        "rollback_failed",
        "cancelled",
        "rejected",
        "expired",
        "superseded",
        "withdrawn",
    ]
    wanted = state in {*ends, "needs_human", "needs_approval"}
    assert shown.needs_a_person(Deployment(state=state)) is wanted


def test_with_every_key_given_nobody_is_needed(world):
    asked = world.asked()
    assert shown.needs_a_person(world.fresh(asked)) is True
    world.vote(asked, "rita")
    assert shown.needs_a_person(world.fresh(asked)) is True
    world.vote(asked, "omar")
    assert shown.needs_a_person(world.fresh(asked)) is False
