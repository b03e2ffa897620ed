"""What deployments/executor.py promises of every target kind, played with the scene of each kind."""

from dataclasses import replace

import pytest

from deployments.executor import Calls, Context, Done, Failed
from deployments.executors import REGISTRY
from tests.deployments.executors import carrying
from tests.deployments.executors.scenes import SCENES


def test_every_kind_has_its_scene():
    assert set(SCENES) == set(REGISTRY)


@pytest.fixture(params=sorted(REGISTRY))
def kind(request):
    return REGISTRY[request.param]


@pytest.fixture
def release(kind, session, target):
    """A context of one release of this kind's scene."""

    def make(number: int, prefix: str | None = None, **more) -> Context:
        return SCENES[kind.kind](session, target, number, prefix or f"rg-r{number}-1", **more)

    return make


def planned(kind, context: Context) -> Context:
    """The context that apply is given: the plan's data, and none of the plan's intents."""
    end, context = carrying.carry(kind.plan, context)
    assert isinstance(end, Done), end
    assert end.result["state"] == "ready"
    return replace(context, data=end.result["data"], intents=())


def applied(kind, context: Context) -> Context:
    end, context = carrying.carry(kind.apply, planned(kind, context))
    assert isinstance(end, Done), end
    return context


def state_of(kind, context: Context) -> str:
    end, context = carrying.carry(kind.plan, context)
    carrying.carry(kind.cleanup, context)
    return end.result["state"]


def test_a_plan_is_the_same_whoever_makes_it_and_however_often(kind, release):
    first, _ = carrying.carry(kind.plan, release(1))
    again, _ = carrying.carry(kind.plan, release(1))
    assert first.result == again.result
    assert first.result["changes"]
    for change in first.result["changes"]:
        assert {"action", "logical_id", "type", "replacement"} <= set(change)


def test_the_same_tick_asks_for_the_same_calls_with_the_same_tokens(kind, release):
    context = planned(kind, release(1))
    first, again = kind.apply(context), kind.apply(context)
    assert isinstance(first, Calls)
    assert [(c.api, c.token, dict(c.params)) for c in first.calls] == [
        (c.api, c.token, dict(c.params)) for c in again.calls
    ]
    assert all(c.token and c.target and c.purpose for c in first.calls)
    assert len({c.token for c in first.calls}) == len(first.calls)


def test_what_was_applied_is_what_runs_and_applying_it_again_calls_nothing(kind, release):
    context = applied(kind, release(1))
    assert isinstance(kind.apply(replace(context, intents=())), Done)
    assert state_of(kind, release(1, "rg-again-1")) == "none"
    assert state_of(kind, release(2)) == "ready"


def test_a_call_whose_answer_was_lost_is_seen_by_reading_and_not_made_again(kind, release, control):
    context = planned(kind, release(1))
    while isinstance(progress := kind.apply(context), Calls):
        context = carrying.send(context, progress)
        context = replace(
            context, intents=tuple(replace(i, outcome="ambiguous", response={}) for i in context.intents)
        )
    end, context = carrying.carry(kind.apply, context)
    assert isinstance(end, Done)
    assert {intent.sends for intent in context.intents} == {1}
    assert set(context.seen) == {intent.token for intent in context.intents}


def test_going_back_brings_the_release_of_before(kind, release):
    applied(kind, release(1))
    applied(kind, release(2))
    # A way back has names of its own, as in the engine.
    end, _ = carrying.carry(kind.rollback, release(1, "rg-r2-1-rb"))
    assert isinstance(end, Done), end
    assert state_of(kind, release(1, "rg-look-1")) == "none"


def test_a_plan_that_is_cleaned_up_leaves_nothing_and_may_be_cleaned_up_again(kind, release):
    end, context = carrying.carry(kind.plan, release(1))
    first = end.result
    for _ in range(2):
        end, context = carrying.carry(kind.cleanup, context)
        assert isinstance(end, Done), end
    again, _ = carrying.carry(kind.plan, release(1, "rg-next-1"))
    assert again.result["changes"] == first["changes"]


def test_a_plan_that_another_change_overtook_is_stale_and_changes_nothing(kind, release):
    applied(kind, release(1, "rg-base-1"))
    waiting = planned(kind, release(2, "rg-waiting-1"))
    applied(kind, release(3, "rg-third-1"))
    end, _ = carrying.carry(kind.apply, waiting)
    assert isinstance(end, Failed), end
    assert (end.code, end.changed) == ("plan_stale", False)
    assert state_of(kind, release(3, "rg-look-1")) == "none"
