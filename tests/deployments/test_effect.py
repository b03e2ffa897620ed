"""What would this change? The last 30 days again, under the proposal."""

from datetime import timedelta

import pytest

from deployments.effect import DAYS, effect_of
from deployments.models import Deployment
from kernel.clock import now
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.propose import propose
from pipelines.models import ConfigChange, Environment
from tests.deployments.standing import company, world
from tests.deployments.world import SYSTEM, pipeline_source
from tests.teams.callers import as_person, problem

__all__ = ["company", "world"]
pytestmark = pytest.mark.django_db
FAR = {"timezone": "UTC", "rrule": "FREQ=YEARLY", "start": "2026-01-01T00:00:00", "duration": 60}


@pytest.fixture
def started(world) -> Deployment:
    """1.1.0 went to prod with rita's and omar's keys."""
    world.succeeded("1.1.0", "staging")
    return world.running()


def _propose(world, kind, **request) -> ConfigChange:
    return propose(actor=world.actor("admin"), kind=kind, **request).change


def _gate(world, **gate) -> ConfigChange:
    row = Environment.objects.get(pk="prod")
    changes = {"gate": {**row.gate, **gate}}
    return _propose(world, "environment.update", name="prod", version=row.version, changes=changes)


def _effect(world, change, at=None):
    return effect_of(change, world.actor("admin"), at or now())


def _only(world, change, started) -> tuple:
    (found,) = _effect(world, change).differences
    assert found.deployment.pk == started.pk
    codes = [reason.code for reason in found.after.verdict.reasons]
    assert found.before.verdict.word == "allow"
    return found.after.verdict.word, codes, found.after.keys


def test_what_changes_nothing_of_the_past_has_no_effect(world, started):
    found = _effect(world, _gate(world, valid_for=7200))
    assert (found.replayed, found.more, found.differences) == (2, False, [])


def test_fewer_keys_would_have_been_asked_for(world, started):
    change = _gate(world, slots=[{"group": "release-managers", "count": 1}])
    assert _only(world, change, started) == ("allow", [], "one key of release-managers")


def test_more_keys_would_not_have_been_filled(world, started):
    change = _gate(world, slots=[{"group": "release-managers", "count": 2}])
    assert _only(world, change, started) == ("wait", ["approval_needed"], "two keys of release-managers")


def test_keys_that_the_votes_of_then_fill_are_filled(world, started):
    members = {"name": "release-managers", "members": ["rita", "rosa", "omar"]}
    assert _effect(world, _propose(world, "group.members", **members)).differences == []


def test_a_vote_of_whoever_is_taken_out_would_not_have_counted(world, started):
    change = _propose(world, "group.members", name="payments-owners", members=["olga", "rosa"])
    word, codes, _ = _only(world, change, started)
    assert (word, codes) == ("wait", ["approval_needed"])


def test_another_window_would_have_kept_it_waiting(world, started):
    change = _propose(world, "window.create", name="New year", scope={"environment": "prod"}, **FAR)
    word, codes, _ = _only(world, change, started)
    assert (word, codes) == ("wait", ["outside_window"])


def test_a_freeze_that_ends_would_have_let_it_go(world):
    world.succeeded("1.1.0", "staging")
    long = {"start": "2020-01-01T00:00:00", "end": "2099-01-01T00:00:00", "timezone": "UTC"}
    named = {"name": "Frozen", "scope": {"environment": "prod"}, "reason": "Books", "contact": "rita"}
    freeze = create_freeze(actor=SYSTEM, **named, **long)
    waiting = world.approved()
    change = _propose(world, "freeze.archive", freeze_id=freeze.pk, reason="Over")
    (found,) = _effect(world, change).differences
    assert found.deployment.pk == waiting.pk
    assert (found.before.verdict.word, found.after.verdict.word) == ("wait", "allow")


def test_a_pipeline_without_the_stage_would_have_denied_it(world, started):
    source = pipeline_source("payments", {"dev": {}, "staging": {}})
    change = _propose(world, "pipeline.save", application="payments", source=source, version=1)
    word, codes, _ = _only(world, change, started)
    assert (word, codes) == ("deny", ["not_in_pipeline"])


def test_a_soak_time_would_have_kept_it_waiting(world, started):
    stages = {"dev": {}, "staging": {}, "prod": {"soak": 604800}}
    source = pipeline_source("payments", stages)
    change = _propose(world, "pipeline.save", application="payments", source=source, version=1)
    word, codes, _ = _only(world, change, started)
    assert (word, codes) == ("wait", ["soak_unfinished"])


def test_only_thirty_days_are_read_again_and_nothing_is_written(world, started):
    change = _gate(world, slots=[{"group": "release-managers", "count": 2}])
    before = Environment.objects.get(pk="prod").gate
    assert _effect(world, change, now() + timedelta(days=DAYS, hours=1)).replayed == 0
    assert Environment.objects.get(pk="prod").gate == before
    assert ConfigChange.objects.get(pk=change.pk).state == "pending"


def test_it_reads_no_more_for_more_deployments(world, started, django_assert_max_num_queries):
    change = _gate(world, slots=[{"group": "release-managers", "count": 2}])
    with django_assert_max_num_queries(16):
        _effect(world, change)


def test_it_is_asked_over_http_by_whoever_sees_the_change(world, started):
    change = _gate(world, slots=[{"group": "release-managers", "count": 2}])
    body = as_person("admin").get(f"/changes/{change.pk}/effect").json()
    assert (body["replayed"], body["more"]) == (2, False)
    (found,) = body["differences"]
    assert (found["deployment"], found["environment"], found["version"]) == (started.pk, "prod", "1.1.0")
    assert (found["before"]["verdict"], found["after"]["verdict"]) == ("allow", "wait")
    assert found["after"]["reasons"][0]["code"] == "approval_needed"
    assert problem(as_person("dana").get(f"/changes/{change.pk}/effect"))[:2] == (404, "not_found")
    assert problem(as_person("admin").get("/changes/chg_x/effect"))[:2] == (404, "not_found")
