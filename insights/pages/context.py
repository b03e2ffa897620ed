"""What every page shows: who is signed in, how much waits for them, and what everybody must know right now."""

from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from approvals.queries import waiting_for
from audit.queries import last_checkpoint
from deployments.models import Worker
from kernel.clock import SCHEDULER, now, raw_now, silent_for
from pipelines import calendar
from pipelines.queries import as_freeze_rule, freezes

SILENT_SECONDS = 60
DEMO = {
    "kind": "demo",
    "icon": "flask-conical",
    "text": "This is the demo: a sandbox AWS and an invented company. Nothing here reaches a real account.",
}


def shell(request) -> dict:
    """Context of shell.html. A page about an error must never fail because of it."""
    common = {
        "demo": settings.DEMO,
        "theme": getattr(request, "theme", "auto"),
        "zone": getattr(request, "zone", timezone.get_current_timezone()),
        "request_id": getattr(request, "request_id", ""),
        "app_version": settings.VERSION,
        "strips": [DEMO] if settings.DEMO else [],
    }
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return common
    try:
        return common | _signed_in(request, common["strips"])
    except DatabaseError:
        return common


def _signed_in(request, strips: list[dict]) -> dict:
    actor = request.actor
    checkpoint = last_checkpoint()
    return {
        "me": {"username": actor.name, "name": request.user.name, "roles": sorted(actor.roles)},
        "inbox_count": len(waiting_for(actor)),
        "strips": strips + _strips(actor),
        "now": now(),
        "log_size": checkpoint.tree_size if checkpoint else None,
        "log_checkpoint_at": checkpoint.signed_at if checkpoint else None,
    }


def _strips(actor) -> list[dict]:
    found = [
        {"kind": "freeze", "icon": "snowflake", "text": f"Freeze in force: {row.name}. {row.reason}"}
        for row in _freezes_in_force()
    ]
    silent = silent_for(SCHEDULER)
    dead = not Worker.objects.filter(seen_at__gte=raw_now() - timedelta(seconds=SILENT_SECONDS)).exists()
    if "release_manager" in actor.roles and (dead or silent is None or silent > SILENT_SECONDS):
        text = "No worker is alive: nothing starts or moves on until one is."
        if not dead:
            text = "The scheduler is silent; workers go on by their own sweep."
        found.append({"kind": "workers_down", "icon": "plug-zap", "text": text})
    if actor.roles == {"auditor"}:
        found.append({"kind": "auditor", "icon": "eye", "text": "You read everything and change nothing."})
    return found


def _freezes_in_force() -> list:
    """Freezes of deployments that are active at this instant, by the engine's own calendar."""
    at = now()
    found = []
    for row in freezes():
        place = calendar.Calendars(
            [],
            [as_freeze_rule(row)],
            row.scope.get("environment", ""),
            True,
            row.scope.get("application"),
            row.scope.get("tier", ""),
        )
        if not calendar.is_open(place, at):
            found.append(row)
    return found
