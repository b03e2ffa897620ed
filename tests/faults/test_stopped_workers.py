"""SIGSTOP beyond the lease, a second worker takes over, SIGCONT: what the first still wants to do is refused."""

import time

import pytest

from tests.faults import nemesis, oracles
from tests.faults.conftest import EVERYTHING
from tests.journeys.wire import until

pytestmark = [pytest.mark.faults, pytest.mark.postgresql, pytest.mark.timeout(240)]
ALWAYS = [
    ("payments", "after_call:cloudformation.ExecuteChangeSet"),
    # It sleeps in its transaction, with locks on what the next one needs.
    ("payments", "before_commit:cloudformation.ExecuteChangeSet"),
]
MORE = [
    ("payments", "after_intent:cloudformation.ExecuteChangeSet"),
    ("payments", "after_call:cloudformation.CreateChangeSet"),
    ("payments", "after_call:codebuild.StartBuild"),
    ("storefront", "after_intent:s3.PutObject:*-switch"),
    ("storefront", "after_call:s3.PutObject:*-switch"),
]


def fenced(ground, deployment: str) -> list[dict]:
    path = {"subject": f"deployment:{deployment}", "kind": "deployment.fenced"}
    return ground.person("aude").get("/audit/events", **path)["items"]


@pytest.mark.parametrize(("application", "place"), ALWAYS + (MORE if EVERYTHING else []))
def test_a_worker_that_slept_through_its_lease_writes_nothing(ground, tmp_path, application, place):
    sleeper = nemesis.doomed(ground, f"stop@{place}", RELEASEGATE_TRANSACTION_IDLE_SECONDS="2")
    deployment = ground.ask(application, ground.release(application))
    nemesis.stopped(sleeper)
    second = ground.stack.worker("nonprod", name="nonprod-2")
    try:
        ended = ground.ended(deployment)
        assert ended["state"] == "succeeded"
        before = (ground.control.mutations(), history(ground, deployment))
        nemesis.wake(sleeper)
        (event,) = until(lambda: fenced(ground, deployment), what="the refusal is on record", seconds=30)
        assert event["outcome"] == "denied"
        assert event["data"]["epoch"] < event["data"]["current"]
        time.sleep(0.5)  # it goes on living, and changes nothing any more
        assert sleeper.running
        assert (ground.control.mutations(), history(ground, deployment)) == before
        oracles.hold(ground, deployment, tmp_path)
    finally:
        second.kill()
        ground.stack.parts.pop("worker-nonprod-2")


def history(ground, deployment: str) -> list[tuple]:
    """All that was ever written of it, but for the refusal."""
    kept = (
        "SELECT id, kind FROM audit_auditevent WHERE subject = %s AND kind <> 'deployment.fenced' ORDER BY id"
    )
    intents = "SELECT id, outcome, sends, epoch FROM deployments_intent WHERE deployment_id = %s ORDER BY id"
    return [*ground.stack.sql(kept, f"deployment:{deployment}"), *ground.stack.sql(intents, deployment)]
