"""Celery: how bells travel, and what rings by itself. Rows are the truth; a lost message costs one sweep.

No result backend, no countdowns: what must happen later is a time in a row, read by a sweep.
"""

import os
import sys

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "releasegate.settings")

from celery.signals import task_postrun, task_prerun
from django.conf import settings
from django.db import close_old_connections

MEMORY = "memory://"


def transport_options(url: str) -> dict:
    """Short timeouts towards Redis, so that a dead broker is noticed within a second; quick polling in memory
    (the default of 1 s would make every step wait)."""
    if url.startswith(MEMORY):
        return {"polling_interval": 0.02}
    return {
        "socket_connect_timeout": 1.0,
        "socket_timeout": 5.0,
        "socket_keepalive": True,
        "max_retries": 0,
    }


app = Celery("releasegate")
app.set_default()  # bells ring from a thread of their own, and Celery's current app is per thread
app.conf.update(
    broker_url=settings.BROKER_URL
    if settings.BROKER_URL != MEMORY
    else MEMORY + "embedded",  # kombu wants a host
    broker_transport_options=transport_options(settings.BROKER_URL),
    broker_connection_timeout=1.0,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,  # a worker waits for its broker for ever; its sweeper works meanwhile
    result_backend=None,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    task_default_queue="default",
    task_create_missing_queues=True,
    task_acks_late=False,  # a message lost with its worker is found by the sweep; a repeated one does no harm
    task_publish_retry=False,
    worker_prefetch_multiplier=1,
    worker_hijack_root_logger=False,
    # Celery closes the database connection around every task, and the next one waits for a new one; we keep it
    # as a web process does (see keep_connections).
    CELERY_DB_REUSE_MAX=sys.maxsize,
    timezone="UTC",
    enable_utc=True,
    beat_schedule={
        "end lapsed approvals, find deployments that are due or were left by a dead worker": {
            "task": "deployments.sweep",
            "schedule": settings.SWEEP_SECONDS,
        },
        "check artifacts that are not verified yet": {
            "task": "builds.sweep_artifacts",
            "schedule": settings.SWEEP_SECONDS,
        },
        "look whether people can still fill every gate": {
            "task": "pipelines.look_at_gates",
            "schedule": 600.0,
        },
        "say that the scheduler lives": {
            "task": "releasegate.beat",
            "schedule": settings.SWEEP_SECONDS,
        },
        "tell the log of failed sign-ins by token, one event for each address and minute": {
            "task": "releasegate.summarise_failures",
            "schedule": settings.SWEEP_SECONDS,
        },
        "forget answers and counters that are over": {
            "task": "releasegate.forget_expired",
            "schedule": 600.0,
        },
    },
)
# Every entry of the schedule is due again so soon that an old message is worth nothing.
for entry in app.conf.beat_schedule.values():
    entry["options"] = {"expires": max(60.0, entry["schedule"])}
app.autodiscover_tasks()


@task_prerun.connect
@task_postrun.connect
def keep_connections(task=None, **_) -> None:
    """Around a task, what Django does around a request: close what is too old or broken (CONN_MAX_AGE), look at the
    rest before it is used again (CONN_HEALTH_CHECKS). SQLite's are closed each time."""
    if not task.request.is_eager:
        close_old_connections()
