"""What is deployed where?"""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.board import Filters, read_board
from insights.views.parameters import read_instant, read_page, with_parameter
from kernel.htmx import is_fragment, vary


@login_required
@require_safe
def board(request):
    """Filters are in the address: application (part of the name), environment, team, at, page. For htmx its table
    alone: 204 while `?v=` is what is there now."""
    frame = frame_of(request)
    at, error = read_instant(request.GET.get("at", ""), frame.zone)
    number = read_page(request.GET.get("page", ""))
    text = {name: request.GET.get(name, "").strip() for name in ("application", "environment", "team")}
    found = read_board(frame, Filters(**text, at=at, number=number))
    if is_fragment(request) and request.GET.get("v") == found.version:
        return vary(HttpResponse(status=204))
    pages = {
        "poll_url": with_parameter(request, v=found.version),
        "next_url": with_parameter(request, page=str(number + 1), v="") if found.more else "",
        "previous_url": with_parameter(request, page=str(number - 1), v="") if number > 1 else "",
    }
    narrowed = any(text.values()) or number > 1
    context = {"board": found, **text, "at": at, "at_text": request.GET.get("at", ""), "at_error": error}
    template = "board/_board.html" if is_fragment(request) else "board/board.html"
    return vary(render(request, template, {**context, **pages, "narrowed": narrowed, "nav_active": "board"}))
