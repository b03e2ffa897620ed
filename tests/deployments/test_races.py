"""Two at once, over real connections: each race has one outcome, and nobody waits for ever."""

import threading
import time
from datetime import timedelta

import pytest
from django.db import connection

from approvals.actions.remind import remind_due
from approvals.models import ApprovalRequest, Vote
from approvals.states import ApprovalState
from deployments import lease
from deployments.actions.cancel import cancel
from deployments.actions.cast_vote import cast_vote
from deployments.actions.change_parameters import change_parameters
from deployments.actions.request import request
from deployments.api import deployments as endpoints
from deployments.models import Deployment
from deployments.states import State
from kernel.refusals import LostRace, Refusal
from teams.actions.create_group import create_group
from tests.deployments.world import SYSTEM, World
from tests.teams.callers import as_person
from tests.teams.events import events

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


@pytest.fixture
def small() -> World:
    """One release in one environment: enough for leases and requests."""
    return World.make(versions=("1.0.0",), stages={"dev": {}})


def together(*calls) -> list:
    """Runs all at the same moment; the result of each, or the exception it ended with, in their order."""
    found, barrier = [None] * len(calls), threading.Barrier(len(calls))

    def run(number, call):
        try:
            connection.ensure_connection()
            barrier.wait(20)
            found[number] = call()
        except Exception as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    return found


def voting(world, asked, who, decision="approve"):
    """The vote of `who` on what is asked now, ready to be cast; answers the state or the code of the refusal."""
    actor, content = world.actor(who), ApprovalRequest.objects.get(pk=asked.approval_id).content_hash

    def cast():
        try:
            words = {"decision": decision, "content_hash": content, "comment": "In a race."}
            return str(cast_vote(actor=actor, request_id=asked.approval_id, **words).state)
        except Refusal as refusal:
            return refusal.code

    return cast


def again(world) -> Deployment:
    """The request of the round before is over; a new one."""
    for row in Deployment.objects.exclude(kind="baseline").filter(ended_at=None):
        cancel(actor=world.actor("rita"), deployment_id=row.pk, reason="Next round")
    return world.asked()


def test_two_simultaneous_last_votes_satisfy_once():
    world = World.make()
    for _ in range(ROUNDS):
        asked = again(world)
        states = together(voting(world, asked, "rita"), voting(world, asked, "omar"))
        assert sorted(states) == ["open", "satisfied"]
        assert Vote.objects.filter(request=asked.approval_id).count() == 2
        said = [e["data"]["state"] for e in events("vote.cast") if e["data"]["deployment"] == asked.pk]
        assert said == ["open", "satisfied"]


def test_two_simultaneous_votes_of_one_person_count_once():
    world = World.make()
    for _ in range(ROUNDS):
        asked = again(world)
        found = together(voting(world, asked, "rita"), voting(world, asked, "rita"))
        assert sorted(found) == ["already_voted", "open"]
        assert Vote.objects.filter(request=asked.approval_id).count() == 1


def test_an_approval_beside_a_rejection_ends_rejected_and_never_starts():
    world = World.make()
    for _ in range(ROUNDS):
        asked = again(world)
        found = together(voting(world, asked, "rita"), voting(world, asked, "omar", "reject"))
        assert found in (["open", "rejected"], ["not_open", "rejected"])
        row = world.fresh(asked)
        assert (row.state, row.approval.state, row.approval.consumed_at) == ("rejected", "rejected", None)


def test_a_vote_beside_a_change_of_content_counts_for_no_other_content():
    world = World.make()
    for number in range(ROUNDS):
        asked = again(world)
        world.vote(asked, "rita")
        dana, parameters = world.actor("dana"), {"Round": str(number)}

        def change(pk=asked.pk, dana=dana, parameters=parameters):
            return change_parameters(actor=dana, deployment_id=pk, parameters=parameters).parameters

        vote, changed = together(voting(world, asked, "omar"), change)
        assert vote in {"satisfied", "content_changed"}
        assert changed == parameters
        row = ApprovalRequest.objects.get(pk=asked.approval_id)
        assert row.state == "void"
        assert row.subject["parameters"]["request"] == parameters
        assert not row.votes.filter(void=False).exists()
        assert world.start(asked).state != State.RUNNING


def test_a_vote_beside_a_cancel_never_deadlocks_and_never_starts():
    world = World.make()
    for _ in range(ROUNDS):
        asked = again(world)
        world.vote(asked, "rita")
        dana = world.actor("dana")
        vote, row = together(
            voting(world, asked, "omar"),
            lambda pk=asked.pk, dana=dana: cancel(actor=dana, deployment_id=pk, reason="Not today"),
        )
        assert vote in {"satisfied", "not_open"}
        assert row.state == State.CANCELLED
        assert world.fresh(asked).state == State.CANCELLED
        assert ApprovalRequest.objects.get(pk=asked.approval_id).state == ApprovalState.CLOSED


def test_a_withdrawal_beside_the_start_happens_before_it_or_not_at_all():
    world = World.make()
    for _ in range(ROUNDS):
        asked = again(world)
        world.vote(asked, "rita")
        world.vote(asked, "omar")

        def start(asked=asked):
            try:
                return str(world.start(asked).state)
            except LostRace:
                return "lost"

        vote, started = together(voting(world, asked, "omar", "withdraw"), start)
        row, approval = world.fresh(asked), ApprovalRequest.objects.get(pk=asked.approval_id)
        if row.state == State.RUNNING:
            assert (vote, approval.state) == ("not_open", "consumed")
            world.move(row, State.FAILED)
        else:
            assert (vote, approval.state) == ("open", "open")
            assert started != State.RUNNING


def test_twenty_identical_requests_are_one_deployment(small):
    small.release("1.1.0")
    actors = [small.actor(name) for name in ("dana", "dave")] * 10

    def asking(actor):
        return lambda: request(actor=actor, application="payments", version="1.1.0", environment="dev")

    found = together(*[asking(actor) for actor in actors])
    assert [one for one in found if isinstance(one, Exception)] == []
    assert [one.created for one in found].count(True) == 1
    assert len({one.deployment.pk for one in found}) == 1
    assert Deployment.objects.filter(version="1.1.0").count() == 1
    assert len(events("deployment.requested")) == 1


def test_of_two_workers_one_claims_every_round(small):
    small.release("1.1.0")
    row = small.request("1.1.0", "dev")
    for number in range(20):
        won = together(
            lambda: lease.claim(row.pk, "one", pools=None), lambda: lease.claim(row.pk, "two", pools=None)
        )
        (held,) = [one for one in won if one is not None]
        assert held.epoch == number + 1
        lease.release(row.pk, held, after=0)


def test_a_heartbeat_keeps_a_long_call_alive_and_stops_when_fenced(small, settings):
    settings.LEASE_SECONDS, settings.LEASE_RENEW_SECONDS = 1.0, 0.1
    small.release("1.1.0")
    row = small.request("1.1.0", "dev")
    held = lease.claim(row.pk, "one", pools=None)
    with lease.Heartbeat(row.pk, held.epoch) as beat:
        time.sleep(1.3)
        assert lease.still_held(row.pk, held.epoch) is True
        Deployment.objects.filter(pk=row.pk).update(lease_epoch=held.epoch + 1)
        beat.thread.join(5)
        assert not beat.thread.is_alive()


def test_a_long_poll_answers_when_it_ends_and_not_before(small, settings):
    small.release("1.1.0")
    row = small.request("1.1.0", "dev")
    dana, rita = as_person("dana"), small.actor("rita")
    started = time.monotonic()

    def end():
        time.sleep(0.5)
        return cancel(actor=rita, deployment_id=row.pk, reason="Not today")

    answer, _ = together(lambda: dana.get(f"/deployments/{row.pk}?wait=30"), end)
    assert answer.json()["state"] == "cancelled"
    assert 0.4 < time.monotonic() - started < 15
    assert endpoints.seats.free._value == settings.WEB_THREADS // 2


def test_a_long_poll_ends_by_itself(small):
    small.release("1.1.0")
    row = small.request("1.1.0", "dev")
    started = time.monotonic()
    assert as_person("dana").get(f"/deployments/{row.pk}?wait=1").json()["state"] == "requested"
    assert time.monotonic() - started >= 1


def test_of_two_sweeps_at_once_one_records_each_reminder_and_the_escalation():
    world = World.make()
    create_group(actor=SYSTEM, name="duty", members=["zoe"])
    world.change_gate("prod", expires_in=400, escalation="duty")
    world.asked()
    end = ApprovalRequest.objects.get().expires_at
    for percent in (25, 50, 75):
        at = end - timedelta(seconds=4 * (100 - percent))
        found = together(*[lambda at=at: remind_due(at)] * 4)
        assert sorted(len(taken) for taken in found) == [0, 0, 0, 1], percent
    assert [event["data"]["percent"] for event in events("approval.reminded")] == [25, 50]
    assert [event["data"]["group"] for event in events("approval.escalated")] == ["duty"]
