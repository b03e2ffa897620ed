"""The list of releases."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.releases import read_releases
from insights.views.parameters import with_parameter


@login_required
@require_safe
def releases(request):
    """Newest first, 50 a page; `?application=` is a part of the name."""
    application = request.GET.get("application", "").strip()
    cursor = request.GET.get("cursor", "")
    rows, following = read_releases(frame_of(request), application, cursor)
    pages = {
        "next_url": with_parameter(request, cursor=following) if following else "",
        "first_url": with_parameter(request, cursor="") if cursor else "",
    }
    context = {"rows": rows, "application": application, "nav_active": "releases"}
    return render(request, "release/releases.html", {**context, **pages})
