"""A deployment over which workers die, or whose looks end in an error of ours: counted, shown, and ended at last.

What AWS does wrong never comes here (drive.py answers it); what does is a bug, or a fault of the database. Looked at
for ever it would hold its lane for ever, and only the log of a worker would know.
"""

import logging
import secrets

from django.conf import settings
from django.db import transaction
from django.db.models import F

from audit.actions.append import record_denial
from audit.tags import Kind
from audit.triggers import refused_change
from deployments.engine import cleanup, ending, journal
from deployments.engine.doubt import CLEARED_BY
from deployments.engine.work import NOW, Again
from deployments.models import Deployment
from deployments.states import PENDING, TERMINAL, State
from deployments.transition import transition
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Denial
from kernel.verdicts import Reason

log = logging.getLogger(__name__)

MOST = 5  # workers that died over it, or looks in a row that ended in an error, before a person is asked
SHOWN_FROM = 3  # looks in a row that ended in an error before the deployment itself says so
PAUSE_SECONDS = 15  # after the first error, doubled after each further one; times the time scale
LONGEST_DOUBLING = 7
CODE = "internal_error"
ITSELF = (
    "It is tried again by itself; an administrator finds the error under that id in the log of the worker."
)


def count(deployment_id: str, epoch: int, error: Exception) -> Again:
    """One look more that ended in `error`. Its text may hold anything: it stays in the log, the row names its kind."""
    reference = f"req_{secrets.token_hex(12)}"
    log.error("advance of %s failed (%s)", deployment_id, reference, exc_info=error)
    held = Deployment.objects.filter(pk=deployment_id, lease_epoch=epoch)
    with transaction.atomic():
        if held.update(failures=F("failures") + 1) != 1:
            return Again(PAUSE_SECONDS * settings.TIME_SCALE)
        if table := refused_change(error):
            denial = Denial(kind=Kind.LOG_CHANGE_REFUSED, subject=f"log:{table}", data={"table": table})
            record_denial(Actor.system("worker"), denial, "log_append_only")
        row = held.get()
        if row.failures >= SHOWN_FROM:
            text = f"An error of Release Gate itself stopped it {row.failures} times in a row: "
            text += f"{type(error).__name__} ({reference})."
            held.update(reasons=[Reason("internal_error", text, None, None, ITSELF).as_dict(), *_others(row)])
    doubled = 2 ** min(row.failures - 1, LONGEST_DOUBLING)
    return Again(PAUSE_SECONDS * doubled * settings.TIME_SCALE)


def forget(deployment_id: str, epoch: int) -> None:
    """A look ended well again."""
    held = Deployment.objects.filter(pk=deployment_id, lease_epoch=epoch)
    with transaction.atomic():
        if held.filter(failures__gt=0).update(failures=0) == 1:
            held.update(reasons=_others(held.get()))


def _others(row: Deployment) -> list[dict]:
    return [reason for reason in row.reasons if reason["code"] != CODE]


def too_many(deployment: Deployment) -> bool:
    return max(deployment.crashes, deployment.failures) >= MOST


def give_up(deployment: Deployment) -> Again:
    """Not started: failed. Started: a person looks, and the lane stays held. Ended: it is no longer cleaned up."""
    state, why = State(deployment.state), _why(deployment)
    if state in TERMINAL:
        return cleanup.leave(deployment, why)
    to = State.FAILED if state in PENDING else State.NEEDS_HUMAN
    reason = Reason("internal_error", why, None, None, CLEARED_BY.get(to))
    with transaction.atomic():
        journal.fence(deployment)
        at = now()
        counted = {"crashes": 0, "failures": 0}
        transition(
            deployment,
            to,
            actor=Actor.system("worker"),
            at=at,
            why=why,
            data={"code": CODE},
            reasons=[reason.as_dict()],
            **counted,
        )
        journal.log(deployment, [f"{to}: {why}"], at)
        if to == State.FAILED:
            ending.skip_rest(deployment, at)
    return NOW


def _why(deployment: Deployment) -> str:
    if deployment.crashes >= MOST:
        return f"{deployment.crashes} workers died while they held it."
    shown = [reason["text"] for reason in deployment.reasons if reason["code"] == CODE]
    return (
        shown[0] if shown else f"{deployment.failures} looks at it ended in an error of Release Gate itself."
    )
