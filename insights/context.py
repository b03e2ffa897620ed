"""The context processor: what every page inside the shell shows. Nothing of it may break an error page."""

import logging
import re
from functools import cache
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from insights.frame import frame_of
from insights.reads.strips import DEMO, strips_of
from insights.reads.waiting import MOST
from kernel.refusals import Refusal

log = logging.getLogger(__name__)

ROLE_WORDS = {
    "account_manager": "account manager",
    "administrator": "administrator",
    "auditor": "auditor",
    "release_manager": "release manager",
    "window_manager": "window manager",
}


def shell(request) -> dict:
    """One query beside the request's own for a signed-in person (two once `inbox_count` is shown, which
    callers reach lazily), none for anybody else. What cannot be read is left out and logged."""
    found = {
        "me": None,
        "inbox_count": 0,
        "administers": False,
        "changes_count": 0,
        "strips": [DEMO] if settings.DEMO else [],
        "zone": settings.DEFAULT_VIEWER_ZONE,
        "theme": getattr(request, "theme", "auto"),
        "nav_active": "",
        "app_version": app_version(),
        "demo": settings.DEMO,
        "now": None,
        "log_size": None,
        "log_checkpoint_at": None,
        "request_id": getattr(request, "request_id", ""),
    }
    try:
        return {**found, **_for_somebody(request)}
    except (DatabaseError, Refusal):
        log.exception("the frame of the page could not be read")
        return found


def _for_somebody(request) -> dict:
    zone = getattr(request, "zone", None)
    found = {"zone": str(zone)} if zone is not None else {}
    actor = getattr(request, "actor", None)
    if actor is None or not actor.is_human:
        return found
    frame = frame_of(request)
    return {
        **found,
        "me": {
            "username": actor.name,
            "name": request.user.name,
            "roles": [ROLE_WORDS.get(role, role) for role in sorted(actor.roles)],
            "groups": sorted(actor.groups),
        },
        "now": frame.now,
        # Called by the template where it shows them: a fragment shows neither.
        "inbox_count": _safely(lambda: _badge(frame.inbox_count), 0),
        "administers": frame.administers,
        "changes_count": _safely(lambda: frame.changes_count, 0),
        "strips": _safely(lambda: strips_of(frame), [DEMO] if settings.DEMO else []),
        "log_size": frame.pulse.log_size,
        "log_checkpoint_at": frame.pulse.log_signed_at,
    }


def _safely(read, otherwise):
    """`read`, made to answer `otherwise` when the database does not answer."""

    def value():
        try:
            return read()
        except DatabaseError:
            log.exception("a part of the frame could not be read")
            return otherwise

    return value


@cache
def app_version() -> str:
    """The newest heading of CHANGELOG.md, `## [1.2.3] - …`; "development" without one."""
    path = Path(settings.BASE_DIR) / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    match = re.search(r"^## \[([^\]]+)\]", text, re.MULTILINE)
    return match.group(1) if match else "development"


def _badge(count: int) -> int | str:
    """The number, or `80+` where nobody looked further."""
    return f"{MOST}+" if count > MOST else count
