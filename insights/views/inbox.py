"""What waits for my decision, and which is most urgent?"""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.inbox import read_inbox
from kernel.htmx import is_fragment, vary


@login_required
@require_safe
def inbox(request):
    """The page, or for htmx its list alone: 204 while `?v=` is what is there now."""
    narrowed = {name: request.GET.get(name, "") for name in ("environment", "application")}
    found = read_inbox(frame_of(request), **narrowed)
    if is_fragment(request) and request.GET.get("v") == found.version:
        return vary(HttpResponse(status=204))
    template = "inbox/_list.html" if is_fragment(request) else "inbox/inbox.html"
    return vary(render(request, template, {"inbox": found, "nav_active": "inbox", **narrowed}))
