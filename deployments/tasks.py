"""Doorbells: an id in, one action. Nothing is read from a message but the id; a forged bell only makes us look."""

import os
import socket

from celery import shared_task

from deployments.actions import sweep as sweeping
from deployments.actions.advance import advance as advance_one
from deployments.actions.answer_account_test import answer_account_test
from deployments.sweeper import nudge, nudge_exporter, pools_here
from pipelines.sessions import sessions


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@shared_task(name="deployments.advance")
def advance(deployment_id: str) -> None:
    """Move one deployment as far as it goes now."""
    advance_one(str(deployment_id), worker=worker_name(), pools=pools_here())
    nudge()


@shared_task(name="deployments.sweep")
def sweep() -> None:
    """Every ten seconds: expire what lapsed, ring for what is due."""
    sweeping.sweep()


@shared_task(name="deployments.sweep_build")
def sweep_build(build_id: str) -> None:
    """After a build's artifacts were read: look at its deployments at once."""
    sweeping.sweep_build(str(build_id))


@shared_task(name="deployments.test_account")
def test_account(test_id: str) -> None:
    """Somebody waits for a try of the way into an account of our pool."""
    answer_account_test(str(test_id), pools=pools_here(), worker=worker_name(), sessions=sessions())


@shared_task(name="deployments.export")
def export(export_id: str) -> None:
    """An export waits; which one, its thread finds out."""
    nudge_exporter()


# pytest would collect a function of that name from any module that imports it.
test_account.__test__ = False
