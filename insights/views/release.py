"""Is this release fit to go to the next environment?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.release import read_release
from kernel.drafts import take_draft


@login_required
@require_safe
def release(request, application: str, version: str):
    """`?to=` chooses the environment of the checks, `?against=environment:prod` that of the comparison."""
    against = request.GET.get("against", "").removeprefix("environment:")
    page = read_release(
        frame_of(request), application, version, to=request.GET.get("to", ""), against=against
    )
    draft = take_draft(request, reverse("deployment_request"))
    context = {"page": page, "draft": draft, "nav_active": "releases"}
    return render(request, "release/release.html", context)
