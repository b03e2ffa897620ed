"""What rings by itself, and how the broker is spoken to."""

import threading
from types import SimpleNamespace

import pytest
from celery import current_app
from celery.fixups.django import DjangoWorkerFixup
from django.conf import settings
from django.db import connection

from releasegate import tasks  # noqa: F401 - registers the tasks of the wiring
from releasegate.celery import app, keep_connections, transport_options


def entries() -> dict[str, dict]:
    return {entry["task"]: entry for entry in app.conf.beat_schedule.values()}


def test_the_sweeps_come_regularly():
    assert set(entries()) == {
        "deployments.sweep",
        "builds.sweep_artifacts",
        "pipelines.look_at_gates",
        "releasegate.beat",
        "releasegate.summarise_failures",
        "releasegate.forget_expired",
    }
    for task in ("deployments.sweep", "builds.sweep_artifacts", "releasegate.beat"):
        assert entries()[task]["schedule"] == settings.SWEEP_SECONDS


def test_every_entry_is_named_by_a_sentence_and_does_not_pile_up():
    for name, entry in app.conf.beat_schedule.items():
        assert len(name.split()) >= 4
        assert entry["options"]["expires"] >= entry["schedule"]
        assert "args" not in entry


@pytest.mark.parametrize(
    "task", ["releasegate.beat", "releasegate.summarise_failures", "releasegate.forget_expired"]
)
def test_the_tasks_of_the_wiring_are_registered(task):
    assert task in app.tasks


def test_messages_are_json_and_answers_are_rows():
    assert app.conf.task_serializer == "json"
    assert app.conf.accept_content == ["json"]
    assert app.conf.result_backend is None
    assert app.conf.task_ignore_result is True


def test_nothing_is_fetched_ahead_or_repeated_by_the_broker():
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.task_acks_late is False
    assert app.conf.task_publish_retry is False


def test_redis_is_given_up_quickly_and_memory_is_polled_often():
    redis = transport_options("redis://127.0.0.1:6379/0")
    assert redis["socket_connect_timeout"] <= 1.0
    assert transport_options("memory://") == {"polling_interval": 0.02}


def test_every_thread_rings_by_this_application():
    """Celery's current app is kept per thread; without a default, bells of other threads go nowhere."""
    seen = []
    thread = threading.Thread(target=lambda: seen.append(current_app.main))
    thread.start()
    thread.join()
    assert seen == ["releasegate"]


def around_a_task() -> None:
    """What a worker does to this thread's connection before and after each task."""
    task = SimpleNamespace(request=SimpleNamespace(is_eager=False))
    DjangoWorkerFixup(app).on_task_prerun(sender=task)
    keep_connections(task=task)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_worker_keeps_its_connection_from_task_to_task():
    connection.ensure_connection()
    before = connection.connection
    around_a_task()
    assert connection.connection is before
    assert not before.closed


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_broke_between_two_tasks_is_replaced():
    connection.ensure_connection()
    connection.connection.close()
    around_a_task()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)
