"""On the way back: read before anything is claimed, with what ran then, and never quietly for ever."""

from datetime import timedelta

import pytest

from deployments.engine import rolling_back
from deployments.engine.drive import Moved
from deployments.models import Deployment, DeploymentLog, Lane, Step
from kernel.clock import now
from pipelines.actions.save_pipeline import save_pipeline
from tests.deployments.engine.driving import BAD, value
from tests.deployments.sources import pipeline_source
from tests.deployments.world import SYSTEM, World
from tests.teams.events import events

pytestmark = pytest.mark.one_database


def on_the_way_back(engine):
    """1.0.0 runs; 1.1.0 was put over it and failed its tests."""
    engine.release("1.0.0")
    engine.deploy("1.0.0")
    engine.release("1.1.0", report=BAD)
    row = engine.ask("1.1.0")
    while row.state != "rolling_back":
        row = engine.look(row)
        assert row.ended_at is None, row.reasons
    return row


def went(row) -> list[str]:
    about = [e for e in events() if e["subject"] == f"deployment:{row.pk}"]
    return [e["data"]["to"] for e in about if "to" in e["data"]]


def test_a_lost_answer_on_the_way_back_is_read_and_the_way_goes_on(engine, control, session):
    row = on_the_way_back(engine)
    control.reset_counts()
    control.fault("cloudformation", "ExecuteChangeSet", "lost_after")
    row = engine.advance(row)
    assert went(row)[-4:] == ["rolling_back", "uncertain", "rolling_back", "rolled_back"]
    assert control.count("cloudformation", "ExecuteChangeSet") == 1, "it went back once"
    assert (value(session), row.rolled_back_to, Lane.objects.get().version) == ("1.0.0", "1.0.0", "1.0.0")
    assert DeploymentLog.objects.filter(deployment=row, text__contains="rolled_back: Back at 1.0.0.").exists()


def test_a_way_back_past_its_time_needs_a_human_and_keeps_the_lane(engine, control):
    row = on_the_way_back(engine)
    control.fault("cloudformation", "*", "slow_stack", seconds=60)
    back = Step.objects.get(deployment=row, kind="rollback")
    row = engine.advance(row, until=lambda row: "IN_PROGRESS" in Step.objects.get(pk=back.pk).detail)
    Step.objects.filter(pk=back.pk).update(started_at=now() - timedelta(seconds=14_401))
    row = engine.advance(row, until=lambda row: row.state != "rolling_back")
    assert (row.state, row.reasons[0]["text"]) == ("needs_human", "AWS is still going back after four hours.")
    assert Lane.objects.get().in_progress_id == row.pk


@pytest.mark.parametrize(
    ("age", "moved", "stuck"),
    [
        (14_399, Moved(doubt="d"), False),
        (14_401, Moved(doubt="d"), True),
        (14_401, Moved(doubt="d", paused=True), False),
        (None, Moved(), False),
    ],
)
@pytest.mark.django_db
def test_four_hours_are_the_time_of_a_way_back_except_while_nobody_lets_us_in(age, moved, stuck):
    step = Step(started_at=None if age is None else now() - timedelta(seconds=age))
    found = rolling_back._overdue(step, moved)
    assert (found.stuck, found.doubt) == (stuck, moved.doubt)


@pytest.mark.django_db
def test_it_goes_back_to_the_stack_that_ran_then_unless_the_kind_of_target_is_another_now():
    world = World.make(stages={"dev": {}})
    back_to = Deployment.objects.get(version="1.0.0")
    row = world.request("1.1.0", "dev")
    source = pipeline_source("payments", world.stages).replace("payments-dev", "renamed-dev")
    save_pipeline(actor=SYSTEM, application="payments", source=source, version=1)
    with world.working(row) as work:
        assert work.stage["target"]["stack"] == "renamed-dev"
        assert rolling_back._target_of(work, back_to)["settings"]["stack"] == "payments-dev"
        then = back_to.pipeline_version
        then.spec["stages"][0]["target"]["kind"] = "s3-site"
        assert rolling_back._target_of(work, back_to) == {}
        back_to.pipeline_version.spec["stages"].clear()
        assert rolling_back._target_of(work, back_to) == {}
