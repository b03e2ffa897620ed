"""The strips above every page: what is true for everybody now and cannot be dismissed."""

from django.conf import settings

from insights.frame import Frame
from insights.reads import break_glass
from insights.reads.openings import freeze_in_force, scope_in_words
from insights.templatetags.gate import absolute, duration
from kernel.permissions import ADMINISTRATOR, AUDITOR, RELEASE_MANAGER
from kernel.verdicts import Reason
from pipelines.window_rules import Freeze

SCHEDULER_SILENT = 60  # seconds (requirement G16)
MOST_NAMED = 3  # builds in one strip

DEMO = {
    "kind": "demo",
    "icon": "flask-conical",
    "text": "This is the demo: a sandbox stands in for AWS, and nothing here reaches a real account.",
}


def strips_of(frame: Frame) -> list[dict]:
    """[{kind, icon, text, link_url, link_text}], most pressing first after the demo's own."""
    found = [DEMO] if settings.DEMO else []
    found += break_glass.strips(frame, frame.pulse.glasses)
    found += _freezes(frame)
    found += _quarantined(frame)
    if frame.actor.roles & {RELEASE_MANAGER, ADMINISTRATOR, AUDITOR}:
        found += _machine(frame)
    if AUDITOR in frame.actor.roles:
        text = "You read everything as an auditor and can change nothing."
        found.append({"kind": "auditor", "icon": "eye", "text": text})
    return found


def _freezes(frame: Frame) -> list[dict]:
    rows = []
    for freeze in frame.pulse.freezes:
        reason = freeze_in_force(freeze, frame.now)
        if reason is not None:
            rows.append({"kind": "freeze", "icon": "snowflake", "text": _freeze_text(freeze, reason, frame)})
    return rows


def _freeze_text(freeze: Freeze, reason: Reason, frame: Frame) -> str:
    until = f" until {absolute(reason.until, frame.zone, frame.now)}" if reason.until else ""
    stopped = "" if freeze.actions == ("deploy",) else f" ({', '.join(freeze.actions)})"
    return f"Freeze in {scope_in_words(freeze.scope)}{stopped}{until}: {freeze.reason}"


def _quarantined(frame: Frame) -> list[dict]:
    """For the team and the owners, until the build is withdrawn (requirement A05)."""
    mine = [
        f"{build['application']} {build['version']}"
        for build in frame.pulse.quarantined
        if build["team"] in frame.actor.teams or build["owners"] in frame.actor.groups
    ]
    if not mine:
        return []
    more = f" and {len(mine) - MOST_NAMED} more" if len(mine) > MOST_NAMED else ""
    text = (
        f"In quarantine: {', '.join(sorted(mine)[:MOST_NAMED])}{more}. What lies there is not what CI posted, so it is "
        "not deployed. Find out who changed it, withdraw the build, and post a new version."
    )
    return [{"kind": "quarantine", "icon": "shield-alert", "text": text}]


def _machine(frame: Frame) -> list[dict]:
    pulse, rows = frame.pulse, []
    if pulse.log_mismatch:
        text = f"The audit log is not what was signed; sealing has stopped. {pulse.log_mismatch}"
        rows.append({"kind": "workers_down", "icon": "shield-alert", "text": text})
    if frame.actor.roles & {RELEASE_MANAGER, ADMINISTRATOR}:
        rows += [{"kind": "workers_down", "icon": "server-off", "text": text} for text in _silent(frame)]
        rows += [_shortage(gate, groups) for gate, groups in pulse.shortages]
    return rows


def _shortage(gate: str, groups: tuple[str, ...]) -> dict:
    place, application, way = (*gate.split("/"), "", "")[:3]
    names = " and ".join(groups)
    have = "have too few people together" if len(groups) > 1 else "has too few people"
    text = (
        f"Nobody can fill the {'expedited ' if way else ''}gate of {place}"
        f"{f' for {application}' if application else ''}: {names} {have}. "
        f"Add people to {' or '.join(groups)}, or ask for fewer keys there."
    )
    return {"kind": "gate_short", "icon": "users", "text": text}


def _silent(frame: Frame) -> list[str]:
    pulse, found = frame.pulse, []
    dead = pulse.dead_pools()
    if dead:
        noun = "pool" if len(dead) == 1 else "pools"
        found.append(
            f"No worker of the {noun} {', '.join(dead)} is alive. Deployments to its accounts wait until one "
            "starts."
        )
    silent = pulse.scheduler_silent_seconds()
    if pulse.pools and silent is None:
        found.append("The scheduler has not been heard of yet. Expiries and openings are not looked after.")
    elif silent is not None and silent > SCHEDULER_SILENT:
        found.append(
            f"The scheduler has been silent for {duration(silent)}. Expiries and openings may be late."
        )
    return found
