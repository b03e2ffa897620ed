"""Does this process live, and can it do its work? Asked without login: so no names and no ids."""

import logging
from datetime import datetime

import redis
from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpResponse, JsonResponse

from audit.queries import last_checkpoint, sealer_health
from deployments.models import Deployment, Worker
from kernel.clock import SCHEDULER, raw_now, silent_for
from kernel.verdicts import wire_time

log = logging.getLogger(__name__)

SEALER_LATE = 60.0  # seconds an event may wait for its leaf before we say that we are not ready
BROKER_SECONDS = 0.5
MEMORY = "memory://"

_migrated = False  # once applied, migrations stay applied while this code runs


def livez(request) -> HttpResponse:
    """200 as long as this process answers. Asks nobody: a lost database must not restart every container."""
    return JsonResponse({"status": "alive"})


def readyz(request) -> HttpResponse:
    """200 when database, migrations, broker, sealer and static files are well, else 503; each by name in the body."""
    checks = {"database": database()}
    if checks["database"] == "ok":
        checks |= {"migrations": migrations(), "sealer": sealer()}
    checks |= {"broker": broker(), "static": static_files()}
    ready = all(state in {"ok", "embedded"} for state in checks.values())
    body = {"status": "ready" if ready else "not_ready", "checks": checks}
    if checks["database"] == "ok" and checks["migrations"] == "ok":
        body |= ages()
    return JsonResponse(body, status=200 if ready else 503)


def database() -> str:
    """`ok` or `unreachable`."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            cursor.fetchone()
    except DatabaseError:
        log.exception("readyz: the database does not answer")
        connection.close()
        return "unreachable"
    return "ok"


def migrations() -> str:
    """`ok` or `pending`."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if _migrated else "pending"


def broker() -> str:
    """`embedded`, `ok` or `unreachable`; asked with a timeout of half a second."""
    if settings.BROKER_URL.startswith(MEMORY):
        return "embedded"
    try:
        client = redis.Redis.from_url(
            settings.BROKER_URL, socket_connect_timeout=BROKER_SECONDS, socket_timeout=BROKER_SECONDS
        )
        with client:
            client.ping()
    except redis.RedisError:
        return "unreachable"
    return "ok"


def static_files() -> str:
    """`ok`, or `missing` where `collectstatic` has not run: every page would be a 500."""
    # Only production's storage has a list of what was collected; it is read once, when the process starts.
    return "missing" if getattr(staticfiles_storage, "hashed_files", None) == {} else "ok"


def sealer() -> str:
    """`ok`, `late` (an event waits too long for its leaf) or `mismatch` (the log is not what was signed)."""
    try:
        state = sealer_health()
    except DatabaseError:
        return "unknown"
    if state.mismatch:
        return "mismatch"
    return "late" if state.lag > SEALER_LATE else "ok"


def ages() -> dict:
    """How long the sealer lags, scheduler and workers are silent, the most overdue deployment waits (seconds,
    None where there is nothing to measure); when the log was last signed, and when last checked as a whole."""
    checkpoint, log_state = last_checkpoint(), sealer_health()
    return {
        "sealer_lag_seconds": round(log_state.lag, 3),
        "chain_signed_at": wire_time(checkpoint.signed_at) if checkpoint else None,
        "chain_verified_at": wire_time(log_state.verified_at),
        "scheduler_silent_seconds": silent_for(SCHEDULER),
        "worker_silent_seconds": workers_silent_for(),
        "oldest_waiting_seconds": oldest_waiting(),
    }


def workers_silent_for() -> float | None:
    """Seconds since any worker was last seen; None before the first."""
    return _since(Worker.objects.aggregate(last=Max("seen_at"))["last"], raw_now())


def oldest_waiting() -> float | None:
    """Seconds by which the most overdue deployment is late, by the clock of leases; None when none is due."""
    at = raw_now()
    due = Deployment.objects.filter(next_attempt_at__lte=at).order_by("next_attempt_at")
    return _since(due.values_list("next_attempt_at", flat=True).first(), at)


def _since(then: datetime | None, at: datetime) -> float | None:
    return None if then is None else round(max(0.0, (at - then).total_seconds()), 3)
