"""The calendar as a list: when can I deploy?"""

from django.shortcuts import render

from kernel.clock import now
from pipelines import calendar as rules
from pipelines.queries import as_window_rule, environments, freezes, next_opening_for, windows


def calendar(request):
    """Per environment the verdict and the next opening; then every window with what comes, and every freeze."""
    at, zone = now(), str(request.zone)
    openings = [
        {"environment": e, "opening": next_opening_for(e, None, at, zone=zone)} for e in environments()
    ]
    rows = [{"window": w, "scope": in_words(w.scope), "next": coming(w, at)} for w in windows()]
    frozen = [{"freeze": f, "scope": in_words(f.scope)} for f in freezes()]
    context = {"openings": openings, "windows": rows, "freezes": frozen, "nav_active": "calendar"}
    return render(request, "insights/calendar.html", context)


def coming(window, at) -> list[tuple]:
    """The next five (opens, closes)."""
    return rules.next_occurrences(as_window_rule(window), at, 5)


def in_words(scope: dict) -> str:
    return ", ".join(f"{key} {value}" for key, value in sorted(scope.items())) or "the whole organisation"
