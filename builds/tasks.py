"""Celery: read what CI posted, and look for what nobody was told about."""

import logging

from celery import shared_task

from builds.actions.verify_artifacts import verify_artifacts as verify
from builds.queries import builds_with_due_artifacts
from kernel.clock import now
from pipelines.sessions import sessions

log = logging.getLogger(__name__)

SWEPT_AT_ONCE = 100


@shared_task(name="builds.verify_artifacts", ignore_result=True)
def verify_artifacts(build_id: str) -> None:
    """Read the build's due artifacts once."""
    verify(build_id=build_id, sessions=sessions())


@shared_task(name="builds.sweep_artifacts", ignore_result=True)
def sweep_artifacts() -> None:
    """The same for every build that has something due: lost bells and back-off end here."""
    for build_id in builds_with_due_artifacts(now(), limit=SWEPT_AT_ONCE):
        try:
            verify(build_id=build_id, sessions=sessions())
        except Exception:
            log.exception("the artifacts of %s could not be read; going on with the next build", build_id)
