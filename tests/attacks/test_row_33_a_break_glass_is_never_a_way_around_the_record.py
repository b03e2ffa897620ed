"""Break-glass abuse: it is narrow, it ends, it is on record before anything happens, and somebody else looks at it."""

from datetime import timedelta

import pytest

from deployments.actions.review_break_glass import review_break_glass
from deployments.models import BreakGlass
from kernel.clock import now
from kernel.refusals import Refusal
from pipelines.models import Environment
from tests.deployments.broken import broken, let_through
from tests.teams.events import events

pytestmark = pytest.mark.django_db


def test_the_event_stands_before_the_start_and_names_the_one_deployment(world):
    row = broken(world)
    let_through(world, row)
    kinds = [event["kind"] for event in events() if event["subject"] == f"deployment:{row.deployment_id}"]
    assert kinds.index("break_glass.opened") < kinds.index("deployment.running")


def test_one_target_only_another_environment_keeps_its_gate(world):
    broken(world)
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    assert world.start(world.asked("1.2.0")).state == "needs_approval"


def test_marking_a_deployment_by_sql_skips_nothing(world):
    asked = world.asked()
    type(asked).objects.filter(pk=asked.pk).update(break_glass=True)
    assert world.start(asked).state != "running"


def test_a_missed_review_blocks_the_next_normal_release_until_somebody_else_writes_it(world):
    Environment.objects.filter(pk="prod").update(overdue_review="block")
    row = broken(world)
    let_through(world, row)
    BreakGlass.objects.filter(pk=row.pk).update(due_at=now() - timedelta(hours=1))
    world.release("1.2.0")
    world.runs("1.2.0", "staging")
    later = world.approved("1.2.0")
    assert world.start(later).state != "running"
    with pytest.raises(Refusal) as caught:
        review_break_glass(actor=world.actor("rita"), review_id=row.pk, finding="I did well.")
    assert caught.value.code == "separation_of_duties"
    assert world.start(later).state != "running"
    review_break_glass(actor=world.actor("omar"), review_id=row.pk, finding="It was right.")
    assert events("break_glass.reviewed")[-1]["data"]["late"] is True
    assert world.start(later).state == "running"
