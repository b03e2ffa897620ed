"""When can I deploy?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.calendar import read_calendar


@login_required
@require_safe
def calendar(request):
    """Every environment's opening, then the windows and freezes behind them."""
    context = {"calendar": read_calendar(frame_of(request)), "nav_active": "calendar"}
    return render(request, "calendar/calendar.html", context)
