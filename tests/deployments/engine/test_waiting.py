"""What a request waits for, and what happens when the time has come: it starts by itself, or says why not."""

from datetime import timedelta
from itertools import pairwise

import pytest

from deployments.actions.cancel import cancel
from deployments.engine import pending, start
from deployments.models import Deployment, Intent, Step
from kernel.clock import now
from kernel.refusals import Refusal
from kernel.verdicts import Reason, Wait, wire_time
from pipelines.actions.create_freeze import create_freeze
from tests.deployments.world import SYSTEM, World


def freeze(seconds: int, *, begins: int = -60):
    """Nothing goes for `seconds` from now."""
    at = now().replace(microsecond=0, tzinfo=None)
    times = {
        "start": (at + timedelta(seconds=begins)).isoformat(),
        "end": (at + timedelta(seconds=seconds)).isoformat(),
    }
    more = {"scope": {}, "timezone": "UTC", "reason": "Books are being closed", "contact": "rita"}
    return create_freeze(actor=SYSTEM, name="Quarter end", **times, **more)


def codes(row) -> list[str]:
    return [reason["code"] for reason in row.reasons]


def gated(engine_for):
    """staging wants one key; 1.0.0 ran in dev."""
    engine = engine_for({"dev": {}, "staging": {}})
    engine.release("1.0.0")
    engine.world.runs("1.0.0", "dev")
    return engine


def approved(engine):
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == "needs_approval")
    engine.world.vote(row, "rita")
    return row


def test_a_soak_waits_until_it_is_over_and_goes_on_by_itself(engine_for):
    engine = engine_for({"dev": {}, "staging": {"soak": 600}})
    engine.release("1.0.0")
    ran = engine.world.runs("1.0.0", "dev")
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: row.state == "waiting")
    assert (row.waiting_for, codes(row)) == ("schedule", ["soak_unfinished"])
    assert row.reasons[0]["until"] == wire_time(ran.ended_at + timedelta(seconds=600))
    assert (row.plan_state, row.approval) == ("not_computed", None), "nobody is bothered before"
    engine.later(590)
    assert engine.rounds(row, 1).state == "waiting"
    engine.later(20)
    engine.world.worker_lives()
    assert engine.advance(row, until=lambda row: row.state == "needs_approval").plan_state == "ready"


def test_an_approval_that_lapses_while_it_waits_for_a_window_ends_it_unstarted(engine_for, control):
    engine = gated(engine_for)
    freeze(200_000)
    row = engine.advance(approved(engine), until=lambda row: row.state == "waiting")
    assert (row.waiting_for, codes(row)) == ("window", ["freeze"])
    engine.later(86_401)  # valid_for: a day from the last vote
    row = engine.advance(row)
    assert (row.state, row.started_at, row.approval.state) == ("expired", None, "expired")
    assert len(row.reasons) == 1, "what it waited for is over with it"
    assert "All keys were turned and held until" in row.reasons[0]["text"]
    assert "starts by itself" not in str(row.reasons)
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0


def test_a_window_that_closed_before_the_start_puts_it_back_with_the_reason(engine_for, monkeypatch):
    """Allowed when it was looked at, frozen in the transaction that would have started it (D07)."""
    engine = gated(engine_for)
    row = approved(engine)
    asked = start._start

    def frozen_first(work):
        if not frozen:
            frozen.append(freeze(3600))
        return asked(work)

    frozen = []
    monkeypatch.setattr(start, "_start", frozen_first)
    row = engine.advance(row, until=lambda row: row.state == "waiting")
    assert (row.waiting_for, codes(row), row.started_at) == ("window", ["freeze"], None)
    assert "Books are being closed" in row.reasons[0]["text"]
    assert row.approval.state == "satisfied", "the votes still stand"
    engine.later(3700)
    engine.world.worker_lives()
    assert engine.advance(row).state == "succeeded"


@pytest.mark.django_db
def test_at_an_opening_they_start_in_request_order_and_never_all_at_once(settings):
    """Eight that wait for the same instant: each has its own turn after it, the earliest request the first."""
    settings.TIME_SCALE = 1.0
    world = World.make(stages={"dev": {}}, versions=tuple(f"1.{n}.0" for n in range(9)))
    rows = [world.request(f"1.{n}.0", "dev") for n in range(1, 9)]
    Deployment.objects.filter(pk__in=[r.pk for r in rows]).update(state="waiting", waiting_for="window")
    opens = 5.0
    turns = []
    for row in reversed(rows):
        with world.working(row) as work:
            until = work.at + timedelta(seconds=opens)
            verdict = Wait((Reason("freeze", "Frozen.", None, until),), until)
            turns.append(pending.due(work, verdict).after - opens)
            assert pending.due(work, verdict).after - opens == turns[-1], "the same at every look"
    turns.reverse()
    assert turns == sorted(turns)
    assert all(later - earlier >= 0.24 for earlier, later in pairwise(turns))
    assert 0 <= turns[0] < 0.25
    assert turns[-1] < 8 * pending.TURN_SECONDS
    assert len({round(turn % pending.TURN_SECONDS, 4) for turn in turns}) == 8, "not on the tick"


def test_a_cancel_after_the_point_of_no_return_is_refused_with_the_reason_each_time(engine, control):
    engine.release("1.0.0")
    control.fault("cloudformation", "*", "slow_stack", seconds=1)
    sent = Intent.objects.filter(purpose="apply", outcome="done")
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: sent.exists())
    for _ in range(2):
        with pytest.raises(Refusal) as caught:
            cancel(actor=engine.world.actor("dana"), deployment_id=row.pk, reason="Not today.")
        assert caught.value.code == "point_of_no_return"
    assert engine.world.fresh(row).cancel_requested_at is None
    assert engine.advance(row).state == "succeeded"


def test_a_cancel_accepted_at_the_last_instant_is_kept(engine, control, monkeypatch):
    """It comes after the worker looked for one and before its first intent: nothing is sent any more."""
    engine.release("1.0.0")
    row = engine.ask("1.0.0")
    answers = []

    def cancel_now(moment, api, token):
        if (moment, api) == ("before_intent", "cloudformation.ExecuteChangeSet") and not answers:
            for _ in range(2):
                answers.append(cancel(actor=engine.world.actor("dana"), deployment_id=row.pk, reason="Stop."))

    monkeypatch.setattr("deployments.engine.send.reach", cancel_now)
    row = engine.advance(row)
    assert [answer.state for answer in answers] == ["running", "running"]
    assert answers[0].cancel_requested_at == answers[1].cancel_requested_at
    assert (row.state, Step.objects.get(deployment=row, kind="apply").state) == ("cancelled", "skipped")
    assert Step.objects.get(deployment=row, kind="apply").detail == "Cancelled before anything was changed."
    assert control.count("cloudformation", "ExecuteChangeSet", effective=False) == 0
