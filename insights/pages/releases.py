"""Releases: which there are, and is this one fit to go to the next environment?"""

from django.shortcuts import render

from deployments.changes import changes_for, running_release
from deployments.decision import decide, subject_for
from deployments.models import Deployment
from deployments.queries import environments_of
from insights.pages.approval import warning_of
from insights.pages.facts import checks_of, commit_rows, evidence_in_words
from kernel.clock import now
from kernel.paging import page
from kernel.permissions import Permission
from pipelines.models import Environment
from pipelines.queries import current_pipeline
from pipelines.sessions import sessions
from releases.diff import diff
from releases.queries import get_release, visible_to


def releases(request):
    rows = visible_to(request.actor).select_related("build", "application")
    wanted = request.GET.get("application", "")
    rows = rows.filter(application_id=wanted) if wanted else rows
    found = page(rows, cursor=request.GET.get("cursor") or None, limit=50)
    context = {"releases": found.items, "next_cursor": found.next_cursor, "wanted": wanted}
    return render(request, "insights/releases.html", context | {"nav_active": "releases"})


def release(request, application: str, version: str):
    row = get_release(request.actor, application, version)
    stops, names = track(row)
    chosen = request.GET.get("against") or next_place(stops)
    place = (
        Environment.objects.select_related("account").filter(pk=chosen).first() if chosen in names else None
    )
    context = {"release": row, "stops": stops, "places": names, "chosen": chosen, "nav_active": "releases"}
    context |= facts(row) | (towards(request, row, place) if place else {})
    return render(request, "insights/release.html", context)


def track(row) -> tuple[list[dict], list[str]]:
    """The stages in pipeline order with what this release did there."""
    pipeline = current_pipeline(row.application_id)
    names = [stage["environment"] for stage in pipeline.spec["stages"]] if pipeline else []
    there = environments_of(row)
    stops = []
    for name in names:
        known = there.get(name, {})
        stops.append(
            {
                "environment": name,
                "state": known.get("state", ""),
                "at": known.get("at"),
                "id": known.get("deployment"),
            }
        )
    return stops, names


def next_place(stops: list[dict]) -> str:
    """The first environment where it has not succeeded; the last one when it has everywhere."""
    open_ones = [stop["environment"] for stop in stops if stop["state"] != "succeeded"]
    return open_ones[0] if open_ones else (stops[-1]["environment"] if stops else "")


def facts(row) -> dict:
    build = row.build
    return {
        "build": build,
        "evidence": [
            {
                "name": e.name,
                "kind": e.kind,
                "verdict": e.verdict,
                "words": evidence_in_words(e),
                "at": e.created_at,
            }
            for e in build.evidence.filter(subject=f"build:{build.pk}").order_by("created_at", "id")
        ],
        "history": Deployment.objects.filter(release=row).order_by("-requested_at", "-id")[:20],
    }


def towards(request, row, place: Environment) -> dict:
    """What changed against what runs in `place`, and what stands between this release and it."""
    running = running_release(row.application_id, place.name)
    changes = changes_for(row, place.name)
    subject = subject_for(row, place)
    sections = diff(row, running, sessions=sessions())
    actor = request.actor
    return {
        "place": place,
        "running": running,
        "direction": changes.direction,
        "commits": commit_rows(changes),
        "commits_warning": warning_of(changes),
        "artifacts": artifact_rows(row, sections["artifacts"]),
        "template": sections["template"],
        "iam": sections["iam"],
        "checks": checks_of(decide(subject, actor, now())),
        "open": subject if isinstance(subject, Deployment) else None,
        "may_request": actor.may(Permission.DEPLOYMENT_REQUEST) or row.application.team_id in actor.teams,
    }


def artifact_rows(row, section: dict) -> list[dict]:
    states = {a.name: a.state for a in row.build.artifacts.all()}
    return [
        {
            "name": item["name"],
            "kind": item["kind"],
            "change": item["change"],
            "digest": item["new_digest"] or item["old_digest"],
            "old_digest": item["old_digest"],
            "size": item["new_size"],
            "state": states.get(item["name"], "unknown"),
        }
        for item in section["items"]
    ]
