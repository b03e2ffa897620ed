"""Who did what, when, on whose authority, and can I take it away as proof?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.log_page import Filters, read_log_page
from insights.views.parameters import read_instant, with_parameter

TEXT = ("actor", "kind", "subject", "environment", "outcome")


@login_required
@require_safe
def audit(request):
    """Filters and the place in the list are in the address; the page never moves by itself."""
    frame = frame_of(request)
    text = {name: request.GET.get(name, "").strip() for name in TEXT}
    times = {name: read_instant(request.GET.get(name, ""), frame.zone) for name in ("from", "to")}
    filters = Filters(**text, since=times["from"][0], until=times["to"][0])
    found = read_log_page(frame, filters, request.GET.get("cursor"))
    following = with_parameter(request, cursor=found.next_cursor) if found.next_cursor else ""
    first = with_parameter(request, cursor="") if request.GET.get("cursor") else ""
    shown = {f"{name}_text": request.GET.get(name, "") for name in times}
    errors = {f"{name}_error": times[name][1] for name in times}
    context = {"page": found, **text, **shown, **errors, "next_url": following, "first_url": first}
    narrowed = any(text.values()) or any(shown.values())
    return render(request, "audit/audit.html", {**context, "narrowed": narrowed, "nav_active": "audit"})
