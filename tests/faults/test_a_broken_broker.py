"""The broker is a doorbell: gone, frozen, emptied, rung too often or by a stranger, every deployment still ends."""

from types import SimpleNamespace

import pytest

from tests import servers
from tests.faults import nemesis, oracles
from tests.faults.conftest import EVERYTHING
from tests.journeys import story

pytestmark = [pytest.mark.faults, pytest.mark.postgresql, pytest.mark.timeout(240)]
BLOCKS = 0.1  # seconds anybody may wait for a bell
STRANGERS = [
    ("deployments.advance", "dep_01JZZZZZZZZZZZZZZZZZZZZZZZ"),
    ("deployments.advance", {"id": "dep_1", "state": "succeeded"}),
    ("deployments.advance",),
    ("deployments.advance", "dep_1' OR '1'='1", "more"),
    ("deployments.sweep_build", "bld_01JZZZZZZZZZZZZZZZZZZZZZZZ"),
    ("os.system", "true"),
]


def seconds_of_a_bell(ground) -> float:
    """What ringing costs the one who rings: a process of the product's own settings, towards this Redis."""
    code = (
        "import time, statistics, django; django.setup()\n"
        "from kernel.bell import ring\n"
        "took = []\n"
        "for n in range(50):\n"
        "    began = time.monotonic(); ring('deployments.advance', 'dep_x', queue='pool.none')\n"
        "    took.append(time.monotonic() - began); time.sleep(0.01)\n"
        "print(max(took))"
    )
    return float(ground.stack.python(code))


@pytest.mark.parametrize("broken", [nemesis.stop, *([nemesis.freeze] if EVERYTHING else [])])
def test_without_redis_for_a_whole_deployment_it_is_approved_and_ends(ground, tmp_path, broken):
    """From before the request to after the end: asked, planned, voted on, started, tested, done."""
    version = ground.release("payments")
    oracles.hold(ground, ground.ask("payments", version), tmp_path)
    broken(ground)
    try:
        deployment = ground.ask("payments", version, "staging")
        row = ground.reaches(deployment, lambda row: row["state"] == "needs_approval", "asks for keys")
        answer = story.vote(ground.person("rita"), row)
        assert (answer.status, answer.body["approval_state"]) == (201, "satisfied")
        oracles.hold(ground, deployment, tmp_path)
        assert seconds_of_a_bell(ground) <= BLOCKS
    finally:
        nemesis.restore(ground)
    every_queue_is_served_again(ground)


def every_queue_is_served_again(ground) -> None:
    """A consumer that does not come back with its broker is found here."""
    with nemesis.Bells(ground) as bells:
        for queue in ("pool.nonprod", "pool.prod"):
            bells.ring("deployments.advance", "dep_nobody", queue=queue)
            nemesis.served(ground, queue)


def test_redis_emptied_at_every_step_changes_nothing(ground, tmp_path):
    """The worker stops before and after each of its steps, and each time FLUSHALL finds it there."""
    version = ground.release("payments")
    worker = nemesis.doomed(ground, "stop@*")
    deployment = ground.ask("payments", version)
    stops = nemesis.at_every_stop(
        worker, lambda: nemesis.flush(ground), lambda: oracles.cleaned(ground, deployment)
    )
    print(f"emptied {stops} times")
    assert stops >= 20, "four places around each of at least five calls"
    ground.stack.worker("nonprod")
    oracles.hold(ground, deployment, tmp_path)


def test_bells_rung_ten_times_and_by_strangers_have_one_effect(ground, tmp_path):
    version = ground.release("payments")
    with nemesis.Bells(ground) as bells:
        for task, *arguments in STRANGERS:
            bells.keep_ringing(task, *arguments, times=1)
        deployment = ground.ask("payments", version)
        bells.keep_ringing("deployments.advance", deployment, times=10)
        ground.ended(deployment)
    oracles.hold(ground, deployment, tmp_path)
    assert bells.rung > 100
    assert all(part.running for part in ground.stack.parts.values())
    known = "SELECT count(*) FROM audit_auditevent WHERE subject LIKE '%%ZZZZ%%' OR subject LIKE '%%dep_1%%'"
    assert ground.stack.sql(known) == [(0,)], "a stranger's bell leaves no trace"
    every_queue_is_served_again(ground)


@pytest.mark.parametrize("act", [nemesis.stop, nemesis.freeze, nemesis.flush, nemesis.Bells])
def test_a_server_of_somebody_else_is_left_alone(act):
    theirs = SimpleNamespace(redis=SimpleNamespace(url=servers.DEFAULT_REDIS))
    with pytest.raises(servers.SharedServer):
        act(theirs)
