"""Move one deployment as far as it goes now. Always safe to call, by anybody, any number of times.

Claim the lease, take small steps, say when it is due again, give the lease back. Everything a step does is either
in the database or can be read from AWS, so whoever comes next goes on where this one stopped.
"""

import logging
import time

from django.conf import settings

from deployments import lease
from deployments.decision import with_everything
from deployments.engine import cleanup, faults, journal, pending, rolling_back, running, verifying
from deployments.engine.work import NOW, Again, Work
from deployments.failpoints import reach
from deployments.models import Deployment
from deployments.states import PENDING, TERMINAL, State, StepKind, StepState
from kernel.clock import DatabaseNow, decision_time
from kernel.refusals import LostRace
from pipelines.queries import current_pipeline
from pipelines.sessions import sessions

log = logging.getLogger(__name__)

SLICE_SECONDS = 20  # of one call; then the lease is given back and the sweeper or a bell goes on
OVERTAKEN_SECONDS = 15


def advance(deployment_id: str, *, worker: str, pools: tuple[str, ...] | None) -> Again | None:
    """None when it is not for us (another's lease, another's pool, nothing due); otherwise when it is due again.

    `pools` as in `lease.claim`.
    """
    held = lease.claim(deployment_id, worker, pools=pools)
    if held is None:
        return None
    again = Again(OVERTAKEN_SECONDS * settings.TIME_SCALE)
    try:
        with lease.Heartbeat(deployment_id, held.epoch):
            reach("after_claim")
            again = _slice(deployment_id, held.epoch, worker)
            if held.failures:
                faults.forget(deployment_id, held.epoch)
    except LostRace:
        log.info("%s moved on without us", deployment_id)
    except Exception as error:  # noqa: BLE001 - a bug or a database fault: the row keeps its state, and counts it
        again = faults.count(deployment_id, held.epoch, error)
    reach("before_release")
    if not lease.release(deployment_id, held, after=again.after):
        journal.tell_of_fence(deployment_id, held.epoch, worker)
    return again


def _slice(deployment_id: str, epoch: int, worker: str) -> Again:
    until = time.monotonic() + SLICE_SECONDS
    again = NOW
    while again.after == 0 and time.monotonic() < until:
        rows = with_everything(Deployment.objects.filter(pk=deployment_id, lease_epoch=epoch))
        deployment = rows.annotate(read_at=DatabaseNow()).first()
        if deployment is None:
            raise LostRace
        again = _tick(deployment, worker)
    return again


def _tick(deployment: Deployment, worker: str) -> Again:
    state = State(deployment.state)
    if state == State.NEEDS_HUMAN or (state in TERMINAL and deployment.cleaned_at):
        return Again(None)
    if faults.too_many(deployment):
        return faults.give_up(deployment)
    pipeline = (
        deployment.pipeline_version if state not in PENDING else current_pipeline(deployment.application_id)
    )
    pipeline = pipeline or current_pipeline(deployment.application_id)
    work = Work(deployment, pipeline, sessions(), worker, decision_time(deployment.read_at))
    if state in PENDING:
        return pending.tick(work)
    if state in TERMINAL:
        return cleanup.tick(work)
    return _phase(deployment)(work)


def _phase(deployment: Deployment):
    """Which phase a started deployment is in; `uncertain` goes on with the one it was in."""
    if deployment.state == State.RUNNING:
        return running.tick
    if deployment.state == State.VERIFYING:
        return verifying.tick
    if deployment.state == State.ROLLING_BACK or journal.step_of(deployment, StepKind.ROLLBACK):
        return rolling_back.tick
    applied = journal.step_of(deployment, StepKind.APPLY)
    return verifying.tick if applied.state in (StepState.DONE, StepState.SKIPPED) else running.tick
