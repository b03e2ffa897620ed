"""The audit: who did what, when, on whose authority, and can I take it away as proof? It never moves by itself."""

from django.shortcuts import render

from audit.queries import filtered, last_checkpoint, visible_events
from audit.rendering import as_item
from insights.pages.times import read_instant
from kernel.paging import page
from pipelines.queries import visible_application_names

FILTERS = ("actor", "kind", "subject", "environment", "from", "to")
PER_PAGE = 50


def audit(request):
    wanted = {name: request.GET.get(name, "").strip() for name in FILTERS}
    since, problem = read_instant(wanted["from"], request.zone)
    until, other = read_instant(wanted["to"], request.zone)
    exact = {name: wanted[name] or None for name in ("actor", "kind", "subject", "environment")}
    rows = visible_events(request.actor, visible_application_names(request.actor))
    rows = (
        filtered(rows, **exact, since=since, until=until).select_related("leaf").prefetch_related("openings")
    )
    found = page(rows, cursor=request.GET.get("cursor") or None, limit=PER_PAGE)
    context = {
        "events": [event_row(row, request.actor) for row in found.items],
        "next_cursor": found.next_cursor,
        "wanted": wanted,
        "problem": problem or other,
        "checkpoint": last_checkpoint(),
        "query": "&".join(f"{name}={value}" for name, value in wanted.items() if value),
    }
    return render(request, "insights/audit.html", context | {"nav_active": "audit"})


def event_row(event, actor) -> dict:
    item = as_item(event, actor)
    words = [
        f"{name}: {'(erased)' if value is None else value}"
        for name, value in item["private"].items()
        if name != "ip"
    ]
    codes = item["data"].get("codes") or ([item["data"]["code"]] if "code" in item["data"] else [])
    return {**item, "time": event.at, "said": "; ".join(words), "codes": codes}
