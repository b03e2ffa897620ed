"""Figures for Prometheus: from the database, with few labels, and readable while it is away."""

import pytest
from django.db import OperationalError
from prometheus_client.parser import text_string_to_metric_families

from audit.models import SealerState
from builds.models import Build
from kernel.clock import raw_now
from releasegate import metrics
from releasegate.actions.beat import beat
from tests.people import EPOCH, application

pytestmark = pytest.mark.django_db


def scrape(client) -> dict[str, list[tuple[dict, float]]]:
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    found: dict[str, list] = {}
    for family in text_string_to_metric_families(answer.content.decode()):
        found[family.name] = [(sample.labels, sample.value) for sample in family.samples]
    return found


def build(state: str, version: str) -> None:
    values = {
        "application": application("payments"),
        "version": version,
        "state": state,
        "created_at": EPOCH,
        "received_at": EPOCH,
        "digest": "sha256:" + "0" * 64,
    }
    names = {field.name for field in Build._meta.get_fields()}
    Build.objects.create(**{name: value for name, value in values.items() if name in names})


def test_an_empty_installation_has_figures(client):
    found = scrape(client)
    assert found["releasegate_database_up"] == [({}, 1.0)]
    assert found["releasegate_sealer_lag_seconds"] == [({}, 0.0)]
    assert found["releasegate_sealer_mismatch"] == [({}, 0.0)]
    assert found["releasegate_oldest_waiting_seconds"] == [({}, 0.0)]
    assert found["releasegate_deployments"] == []
    assert "releasegate_scheduler_silent_seconds" not in found


def test_builds_are_counted_by_state(client):
    for version, state in (("1", "verified"), ("2", "verified"), ("3", "quarantined")):
        build(state, version)
    assert scrape(client)["releasegate_builds"] == [
        ({"state": "quarantined"}, 1.0),
        ({"state": "verified"}, 2.0),
    ]


def test_a_mismatch_and_a_heartbeat_are_figures(client):
    at = raw_now()
    SealerState.objects.create(alive_at=at, verified_at=at, mismatch="leaf 3")
    beat("scheduler")
    found = scrape(client)
    assert found["releasegate_sealer_mismatch"] == [({}, 1.0)]
    assert found["releasegate_scheduler_silent_seconds"][0][1] < 10
    assert found["releasegate_chain_verified_timestamp_seconds"] == [({}, at.timestamp())]


def test_nothing_that_callers_choose_is_a_label(client):
    build("verified", "9.9.9-made-up")
    labels = {name for samples in scrape(client).values() for labels, _ in samples for name in labels}
    assert labels <= {"state", "environment"}
    assert "made-up" not in client.get("/metrics").content.decode()


def test_while_the_database_is_away_that_is_the_figure(client, monkeypatch):
    def fail():
        raise OperationalError("db.internal")
        yield

    monkeypatch.setattr(metrics, "_counts", fail)
    assert scrape(client) == {"releasegate_database_up": [({}, 0.0)]}
