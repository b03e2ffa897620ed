"""`/metrics` for Prometheus. Everything is counted in the database, so any web process tells the same.

Labels are states, pools and environments: bounded by what administrators set up, never by what callers send.
"""

import logging
from collections.abc import Iterator

from django.db import DatabaseError
from django.db.models import Count
from django.http import HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from approvals.models import ApprovalRequest
from audit.queries import sealer_health
from builds.models import Artifact, Build
from deployments.models import Deployment
from kernel.clock import SCHEDULER, silent_for
from releasegate import health

log = logging.getLogger(__name__)


class DatabaseCollector(Collector):
    """Reads its figures when it is scraped."""

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("releasegate_database_up", "1 when the database answers")
        try:
            metrics = [*_counts(), *_ages()]
        except DatabaseError:
            log.exception("metrics: the database does not answer")
            metrics = []
        up.add_metric([], 1 if metrics else 0)
        yield up
        yield from metrics


def scrape(request) -> HttpResponse:
    """The figures in Prometheus' text format."""
    return HttpResponse(generate_latest(_registry), content_type=CONTENT_TYPE_LATEST)


def _counts() -> Iterator[Metric]:
    yield _grouped(
        "releasegate_deployments", "Deployments by state and environment", Deployment, "state", "environment"
    )
    yield _grouped("releasegate_approvals", "Approval requests by state", ApprovalRequest, "state")
    yield _grouped("releasegate_builds", "Builds by state", Build, "state")
    yield _grouped("releasegate_artifacts", "Artifacts by state", Artifact, "state")


def _grouped(name: str, text: str, model, *columns: str) -> Metric:
    family = GaugeMetricFamily(name, text, labels=columns)
    for row in model.objects.values_list(*columns).annotate(n=Count("pk")).order_by(*columns):
        family.add_metric([str(label) for label in row[:-1]], row[-1])
    return family


def _ages() -> Iterator[Metric]:
    state, log_state = health.sealer(), sealer_health()
    verified = log_state.verified_at
    figures = {
        "releasegate_sealer_lag_seconds": ("Age of the oldest unsealed event", log_state.lag),
        "releasegate_chain_verified_timestamp_seconds": (
            "When every sealed event was last hashed again, in Unix seconds",
            verified.timestamp() if verified else None,
        ),
        "releasegate_sealer_mismatch": (
            "1 when the log is not what was signed",
            float(state == "mismatch"),
        ),
        "releasegate_scheduler_silent_seconds": (
            "Since the scheduler was last seen",
            silent_for(SCHEDULER),
        ),
        "releasegate_worker_silent_seconds": (
            "Since any worker was last seen",
            health.workers_silent_for(),
        ),
        "releasegate_oldest_waiting_seconds": (
            "By how much the most overdue deployment is late",
            health.oldest_waiting() or 0.0,
        ),
    }
    for name, (text, value) in figures.items():
        if value is not None:
            yield GaugeMetricFamily(name, text, value=value)


_registry = CollectorRegistry(auto_describe=False)
_registry.register(DatabaseCollector())
