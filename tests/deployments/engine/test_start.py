"""The start is one transaction: the constraint of the lane is the last word, and no other fault passes for it."""

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from deployments.actions import advance as advancing
from deployments.actions.advance import advance
from deployments.engine import planning, start
from deployments.engine.work import NOW
from deployments.models import Step
from kernel.verdicts import Allow
from pipelines.actions.save_pipeline import save_pipeline
from tests.deployments.sources import pipeline_source
from tests.deployments.world import SYSTEM, World
from tests.insights.calendar_rows import freeze_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World.make(stages={"dev": {}}, lanes={"dev": "queue"})


def test_a_lane_that_another_took_in_this_instant_is_tried_again_soon(world, monkeypatch):
    """decide() said Allow and was overtaken before the row was written."""
    first, second = world.asked("1.1.0", "dev"), world.asked("1.0.0", "dev")
    assert world.start(first).state == "running"
    monkeypatch.setattr(start, "decide", lambda *asked: Allow())
    with world.working(second) as work:
        assert start.attempt(work).after == start.RETRY_SECONDS
    row = world.fresh(second)
    assert (row.state, row.started_at) == (second.state, None)


def test_another_constraint_that_is_broken_at_the_start_is_an_error(world, monkeypatch):
    row = world.asked("1.1.0", "dev")

    def twice(work):
        return Step.objects.create(deployment=work.deployment, seq=Step.objects.first().seq, kind="plan")

    monkeypatch.setattr(start, "_start", twice)
    with world.working(row) as work, pytest.raises(IntegrityError):
        start.attempt(work)


def test_few_queries_lie_between_the_bell_and_aws_and_few_in_the_transaction_that_starts(monkeypatch):
    """What people wait for after the last vote. The look at AWS between the two is left out."""
    world, looked = World.make(), []
    row = world.approved()

    def still_holds(work):
        looked.append(len(connection.queries_log))
        return

    monkeypatch.setattr(planning, "still_holds", still_holds)
    monkeypatch.setattr(advancing, "SLICE_SECONDS", 0.001)
    with CaptureQueriesContext(connection) as counted:
        advance(row.pk, worker="test:1", pools=None)
    sent = [query["sql"] for query in counted.captured_queries]
    before, after = sent[: looked[0] - counted.initial_queries], sent[looked[0] - counted.initial_queries :]
    started = next(n for n, sql in enumerate(after) if "deployment.running" in sql)
    assert world.fresh(row).state == "running"
    assert len(before) <= 15  # two of them the lease, one the offset that only tests and the demo have
    assert started <= 25
    assert not any("INSERT" in sql for sql in before)


def test_the_transaction_that_starts_reads_everything_anew(monkeypatch):
    """A vote taken back and a freeze that came while AWS was looked at: none of them is started past."""
    world = World.make()
    row = world.approved()
    monkeypatch.setattr(advancing, "SLICE_SECONDS", 0.001)

    def taken_back(work):
        world.vote(row, "omar", "withdraw")
        return

    monkeypatch.setattr(planning, "still_holds", taken_back)
    advance(row.pk, worker="test:1", pools=None)
    assert (world.fresh(row).state, world.fresh(row).approval.state) == ("needs_approval", "open")
    world.vote(row, "omar")

    def frozen(work):
        freeze_now("prod")
        return

    monkeypatch.setattr(planning, "still_holds", frozen)
    for expected in ("needs_approval", "waiting"):  # the start refused, then the next look says why
        advance(row.pk, worker="test:1", pools=None)
        found = world.fresh(row)
        assert (found.state, found.started_at, found.approval.state) == (expected, None, "satisfied")
    assert [reason["code"] for reason in found.reasons] == ["freeze"]


def test_a_pipeline_that_came_since_the_tick_began_is_judged_before_it_is_applied(world):
    """Where no gate asks, nothing else notices: the new one would be judged and the old one applied."""
    row = world.asked("1.1.0", "dev")
    with world.working(row) as work:
        source = pipeline_source(world.application, {"dev": {"bake": 900}})
        save_pipeline(actor=SYSTEM, application=world.application, source=source, version=1)
        assert start.attempt(work) is NOW
    found = world.fresh(row)
    assert (found.state, found.started_at, found.start_record) == (row.state, None, row.start_record)
    running = world.start(row)
    assert (running.state, running.pipeline_version.number) == ("running", 2)
