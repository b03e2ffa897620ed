"""S4: what is deployed where?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.board import Filters, read_board
from insights.views.parameters import read_instant, read_page, with_parameter


@login_required
@require_safe
def board(request):
    """Filters are in the address: application (part of the name), environment, team, at, page."""
    frame = frame_of(request)
    at, error = read_instant(request.GET.get("at", ""), frame.zone)
    number = read_page(request.GET.get("page", ""))
    text = {name: request.GET.get(name, "").strip() for name in ("application", "environment", "team")}
    found = read_board(frame, Filters(**text, at=at, number=number))
    pages = {
        "next_url": with_parameter(request, page=str(number + 1)) if found.more else "",
        "previous_url": with_parameter(request, page=str(number - 1)) if number > 1 else "",
    }
    narrowed = any(text.values()) or number > 1
    context = {"board": found, **text, "at": at, "at_text": request.GET.get("at", ""), "at_error": error}
    return render(
        request, "board/board.html", {**context, **pages, "narrowed": narrowed, "nav_active": "board"}
    )
