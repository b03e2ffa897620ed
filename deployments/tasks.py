"""Doorbells: an id in, one action. Nothing is read from a message but the id; a forged bell only makes us look."""

import os
import socket

from celery import shared_task

from deployments.actions import sweep as sweeping
from deployments.actions.advance import advance as advance_one
from deployments.sweeper import nudge


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(name="deployments.advance")
def advance(deployment_id: str) -> None:
    """Move one deployment as far as it goes now."""
    advance_one(str(deployment_id), worker=worker_name())
    nudge()


@shared_task(name="deployments.sweep")
def sweep() -> None:
    """Every ten seconds: expire what lapsed, ring for what is due."""
    sweeping.sweep()


@shared_task(name="deployments.sweep_build")
def sweep_build(build_id: str) -> None:
    """After a build's artifacts were read: look at its deployments at once."""
    sweeping.sweep_build(str(build_id))
