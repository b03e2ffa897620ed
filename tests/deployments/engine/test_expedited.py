"""A hotfix at night, from the request to what runs in AWS: the order is skipped as defined, and nothing else is."""

import pytest

from audit.models import AuditEvent
from deployments.models import History, Step, Worker
from kernel.refusals import Refusal
from tests.deployments.engine.driving import value
from tests.pipelines import places
from tests.teams.events import only_event

SKIPPED = "Expedited: staging is skipped; 1.0.1 has succeeded in dev."


@pytest.fixture
def engine(engine_for):
    """Into prod, whose soak is a day; 1.0.0 went the usual way, the hotfix has only been in dev."""
    made = engine_for({"dev": {}, "staging": {}, "prod": {"soak": 86_400}})
    for version, before in (("1.0.0", ("dev", "staging")), ("1.0.1", ("dev",))):
        made.release(version)
        for place in before:
            made.world.runs(version, place)
    made.world.define_path(slots=[{"group": "release-managers", "count": 1}])
    return made


def asked(engine):
    return engine.advance(
        engine.ask("1.0.1", expedited=True), until=lambda row: row.state == "needs_approval"
    )


def test_it_goes_past_the_stage_and_its_soak_with_the_keys_the_path_asks_for(engine, session, control):
    with pytest.raises(Refusal) as caught:
        engine.ask("1.0.1")
    assert caught.value.reasons[0]["code"] == "not_promoted_from"
    row = asked(engine)
    assert [slot["group"] for slot in row.approval.gate["slots"]] == [
        "release-managers",
        "payments-owners",
        "release-managers",
    ]
    for name in ("rita", "omar"):
        engine.world.vote(row, name)
    assert engine.rounds(row, 2).state == "needs_approval", "the third key is the path's own"
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    engine.world.vote(row, "rosa")
    row = engine.advance(row)
    assert (row.state, row.expedited, value(session)) == ("succeeded", True, "1.0.1")
    assert {"name": "order", "state": "pass", "note": SKIPPED} in row.checks
    assert only_event("deployment.running")["data"]["expedited"] == ["staging"]
    assert History.objects.get(pk=row.pk).expedited == "yes, skipped staging"
    assert Step.objects.get(deployment=row, kind="test").state == "done", "the team's tests ran as always"


def test_a_freeze_and_a_dead_pool_stop_it_as_any_other(engine, control):
    row = asked(engine)
    for name in ("rita", "omar", "rosa"):
        engine.world.vote(row, name)
    freeze = places.freeze(scope={}, start="2026-01-01T00:00:00", end="2099-01-01T00:00:00")
    row = engine.rounds(row, 2)
    assert (row.state, row.waiting_for, row.reasons[0]["code"]) == ("waiting", "window", "freeze")
    freeze.delete()
    Worker.objects.all().delete()
    row = engine.rounds(row, 2)
    assert (row.state, row.waiting_for) == ("waiting", "lane")
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_a_path_that_is_taken_away_ends_it_before_anything_changes(engine, control):
    row = asked(engine)
    for name in ("rita", "omar", "rosa"):
        engine.world.vote(row, name)
    engine.world.undefine_paths()
    row = engine.advance(row)
    assert (row.state, row.started_at, row.expedited) == ("rejected", None, True)
    assert [reason["code"] for reason in row.reasons] == ["expedited_not_defined"]
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
    assert AuditEvent.objects.filter(kind="deployment.running").count() == 0
