"""Ready means: database, migrations, broker and log are well. Everything else is told, not judged."""

import socket
from datetime import timedelta

import pytest
from django.db import OperationalError
from whitenoise.storage import CompressedManifestStaticFilesStorage

from audit.models import AuditEvent, SealerState
from audit.queries import SealerHealth
from deployments.models import Worker
from kernel.clock import raw_now
from kernel.verdicts import wire_time
from releasegate import health
from releasegate.actions.beat import beat

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def migrated(monkeypatch):
    monkeypatch.setattr(health, "_migrated", True)


@pytest.fixture
def ready(client):
    def ask() -> tuple[int, dict]:
        answer = client.get("/readyz")
        return answer.status_code, answer.json()

    return ask


def test_a_quiet_new_installation_is_ready(ready):
    status, body = ready()
    assert status == 200
    assert body == {
        "status": "ready",
        "checks": {
            "database": "ok",
            "migrations": "ok",
            "sealer": "ok",
            "broker": "embedded",
            "static": "ok",
        },
        "sealer_lag_seconds": 0.0,
        "chain_signed_at": None,
        "chain_verified_at": None,
        "scheduler_silent_seconds": None,
        "worker_silent_seconds": None,
        "oldest_waiting_seconds": None,
    }


def test_a_lost_database_is_told_without_its_words(ready, monkeypatch):
    def fail():
        raise OperationalError("could not connect to server db.internal")

    monkeypatch.setattr(health.connection, "cursor", fail)
    monkeypatch.setattr(health.connection, "close", lambda: None)
    status, body = ready()
    assert status == 503
    assert body == {
        "status": "not_ready",
        "checks": {"database": "unreachable", "broker": "embedded", "static": "ok"},
    }


def test_missing_migrations_are_not_ready_and_nothing_else_is_read(ready, monkeypatch):
    class Executor:
        def __init__(self, connection):
            self.loader = type(
                "Loader", (), {"graph": type("Graph", (), {"leaf_nodes": lambda self: []})()}
            )()

        def migration_plan(self, targets):
            return ["teams.0002"]

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", Executor)
    status, body = ready()
    assert (status, body["checks"]["migrations"]) == (503, "pending")
    assert "sealer_lag_seconds" not in body


def test_applied_migrations_are_asked_for_once(ready, monkeypatch):
    asked = []

    class Executor:
        def __init__(self, connection):
            asked.append(1)
            self.loader = type(
                "Loader", (), {"graph": type("Graph", (), {"leaf_nodes": lambda self: []})()}
            )()

        def migration_plan(self, targets):
            return []

    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health, "MigrationExecutor", Executor)
    assert ready()[0] == ready()[0] == 200
    assert len(asked) == 1


def test_a_broker_that_is_away_is_not_ready_and_quickly_told(ready, settings):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    settings.BROKER_URL = f"redis://:password@127.0.0.1:{port}/0"
    status, body = ready()
    assert (status, body["checks"]["broker"]) == (503, "unreachable")
    assert "password" not in str(body)


def test_a_broker_that_does_not_answer_is_not_waited_for(ready, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.BROKER_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        before = raw_now()
        status, body = ready()
    assert (status, body["checks"]["broker"]) == (503, "unreachable")
    assert raw_now() - before < timedelta(seconds=3)


def test_a_real_broker_is_ok(ready, settings, redis_url):
    settings.BROKER_URL = redis_url
    status, body = ready()
    assert (status, body["checks"]["broker"]) == (200, "ok")


def test_a_web_whose_static_files_were_not_collected_is_not_ready(ready, monkeypatch, tmp_path):
    def collected() -> CompressedManifestStaticFilesStorage:
        return CompressedManifestStaticFilesStorage(location=str(tmp_path), base_url="/static/")

    monkeypatch.setattr(health, "staticfiles_storage", collected())
    status, body = ready()
    assert (status, body["checks"]["static"]) == (503, "missing")
    (tmp_path / "staticfiles.json").write_text('{"version": "1.1", "paths": {"a.css": "a.123.css"}}')
    monkeypatch.setattr(health, "staticfiles_storage", collected())
    status, body = ready()
    assert (status, body["checks"]["static"]) == (200, "ok")


def test_a_log_that_is_not_what_was_signed_is_not_ready(ready):
    SealerState.objects.create(alive_at=raw_now(), mismatch="leaf 17 of build bld_1 differs")
    status, body = ready()
    assert (status, body["checks"]["sealer"]) == (503, "mismatch")
    assert "bld_1" not in str(body)


@pytest.mark.parametrize(
    ("lag", "status", "state"), [(0.0, 200, "ok"), (59.0, 200, "ok"), (61.0, 503, "late")]
)
def test_a_sealer_that_is_late_is_not_ready(ready, monkeypatch, lag, status, state):
    monkeypatch.setattr(health, "sealer_health", lambda: SealerHealth(lag=lag, mismatch="", alive_at=None))
    answered, body = ready()
    assert (answered, body["checks"]["sealer"], body["sealer_lag_seconds"]) == (status, state, lag)


def test_silent_workers_and_schedulers_are_told_by_their_age(ready):
    beat("scheduler")
    for name, age in (("w1", 300), ("w2", 120)):
        seen = raw_now() - timedelta(seconds=age)
        Worker.objects.create(name=name, pool="main", started_at=seen, seen_at=seen)
    status, body = ready()
    assert status == 200
    assert 120 <= body["worker_silent_seconds"] < 130
    assert 0 <= body["scheduler_silent_seconds"] < 10


def test_when_the_whole_log_was_last_checked_is_told(ready):
    seen = raw_now()
    SealerState.objects.create(alive_at=seen, verified_at=seen)
    assert ready()[1]["chain_verified_at"] == wire_time(seen)


def test_asking_writes_nothing(ready):
    ready()
    assert AuditEvent.objects.count() == 0
