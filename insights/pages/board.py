"""The board: what is deployed where? Home of everybody who asks."""

from django.core.paginator import Paginator
from django.shortcuts import render

from deployments import queries
from insights.pages.times import read_instant
from kernel.clock import now
from pipelines.queries import environments, visible_application_names
from teams.models import Application

PER_PAGE = 50


def board(request):
    """Applications × environments, grouped by team; a constant number of queries."""
    wanted = {name: request.GET.get(name, "") for name in ("application", "environment", "team", "at")}
    at, problem = read_instant(wanted["at"], request.zone)
    names = visible_application_names(request.actor)
    rows = Application.objects.order_by("team_id", "name")
    rows = rows if names is None else rows.filter(pk__in=names)
    if wanted["application"]:
        rows = rows.filter(pk__icontains=wanted["application"])
    if wanted["team"]:
        rows = rows.filter(team_id=wanted["team"])
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    places = [p for p in environments() if not wanted["environment"] or p.name == wanted["environment"]]
    cells = past(request, at) if at else present(request, [row.pk for row in page])
    table = [
        {
            "name": row.name,
            "team": row.team_id,
            "cells": [cells.get((row.name, p.name), {"environment": p.name}) for p in places],
        }
        for row in page
    ]
    context = {"places": places, "table": table, "page": page, "wanted": wanted, "at": at, "problem": problem}
    return render(request, "insights/board.html", context | {"nav_active": "board", "asked_at": now()})


def _cell(cells: dict, application: str, environment: str) -> dict:
    return cells.get((application, environment), {"environment": environment})


def present(request, applications: list[str]) -> dict:
    rows = queries.board(request.actor).filter(application_id__in=applications)
    return {
        (row.application_id, row.environment_id): {
            "environment": row.environment_id,
            "version": row.version,
            "deployment": row.deployment_id,
            "state": row.deployment.state if row.deployment else "",
            "since": row.since,
            "next": row.in_progress.version if row.in_progress else "",
            "next_id": row.in_progress_id,
            "next_state": row.in_progress.state if row.in_progress else "",
        }
        for row in rows
    }


def past(request, at) -> dict:
    return {
        (row.application_id, row.environment_id): {
            "environment": row.environment_id,
            "version": row.version,
            "deployment": row.pk,
            "state": row.state,
            "since": row.ended_at,
        }
        for row in queries.board_at(request.actor, at)
    }
