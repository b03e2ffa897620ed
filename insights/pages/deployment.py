"""A deployment: is it working, and what is it doing right now?"""

from django.shortcuts import render

from approvals import gate
from deployments import queries
from deployments.decision import decide
from deployments.queries import may_cancel, may_resolve
from deployments.states import PENDING, TERMINAL, State
from insights.pages.facts import change_rows, checks_of, evidence_rows, key_rows, step_rows
from kernel.clock import now

STOP_POLLING = 286  # htmx: swap, and poll no more
SHOWN = 500  # lines of the log on the page


def deployment(request, deployment_id: str):
    row = queries.get_visible(request.actor, deployment_id)
    return render(request, "insights/deployment.html", picture(request, row) | {"nav_active": "board"})


def live(request, deployment_id: str):
    """The part that changes while it runs; answers 286 at the end, so that the page stops asking."""
    row = queries.get_visible(request.actor, deployment_id)
    response = render(request, "insights/_deployment_live.html", picture(request, row))
    if row.state in TERMINAL:
        response.status_code = STOP_POLLING
    return response


def picture(request, row) -> dict:
    at = now()
    verdict = decide(row, request.actor, at) if row.state in PENDING else None
    reasons = list(verdict.reasons) if verdict else row.reasons
    steps = step_rows(row)
    text, size = queries.log_after(row, 0, limit=4_000_000)
    lines = text.splitlines()
    return {
        "deployment": row,
        "reasons": reasons,
        "checks": checks_of(verdict) if verdict else [],
        "steps": steps,
        "done": sum(1 for step in steps if step["state"] in ("done", "skipped")),
        "changes": change_rows(row.plan_changes),
        "keys": key_rows(row.approval, gate.people(row.approval, at).keys) if row.approval else [],
        "evidence": [one for one in evidence_rows(row) if one["own"]],
        "lines": numbered(lines),
        "earlier": max(0, len(lines) - SHOWN),
        "log_size": size,
        "live": row.state not in TERMINAL,
        "can": {"cancel": may_cancel(request.actor, row), "resolve": may_resolve(request.actor, row)},
        "outcomes": sorted(("succeeded", "failed", "rolled_back", "rollback_failed", "cancelled")),
        "running": row.state in (State.RUNNING, State.VERIFYING, State.ROLLING_BACK),
    }


def numbered(lines: list[str]) -> list[dict]:
    """The last SHOWN lines, each with its number in the whole log."""
    first = max(0, len(lines) - SHOWN)
    return [
        {
            "number": first + index + 1,
            "text": line,
            "level": "error" if "FAILED" in line or " failed:" in line else "",
        }
        for index, line in enumerate(lines[first:])
    ]
