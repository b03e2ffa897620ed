"""Is it working, and what is it doing right now?"""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from deployments.queries import get_visible
from insights.frame import frame_of
from insights.reads.deployment import read_deployment, read_progress
from insights.reads.logs import log_text, read_log, read_more
from insights.views.parameters import read_number
from kernel.drafts import take_draft
from kernel.htmx import is_fragment, vary

STOP_POLLING = 286  # htmx's own status: swap this answer in and ask no more


@login_required
@require_safe
def deployment(request, pk: str):
    """The page; for htmx its moving part: 204 while `?v=` is what is there now, 286 once it has ended."""
    frame = frame_of(request)
    if is_fragment(request):
        return vary(_moving(request, read_progress(frame, pk)))
    page = read_deployment(frame, pk)
    log = read_log(page.progress.row, everything="all" in request.GET)
    drafts = {
        name: take_draft(request, reverse(f"deployment_{name}", args=[pk])) for name in ("cancel", "resolve")
    }
    context = {"page": page, "progress": page.progress, "log": log, **drafts, "nav_active": "board"}
    return vary(render(request, "deployment/deployment.html", context))


def _moving(request, progress) -> HttpResponse:
    if request.GET.get("v") == progress.version and progress.live:
        return HttpResponse(status=204)
    status = 200 if progress.live else STOP_POLLING
    return render(request, "deployment/_progress.html", {"progress": progress}, status=status)


@login_required
@require_safe
def deployment_log(request, pk: str):
    """For htmx the lines after `?after=`, numbered from `?line=`; otherwise the whole log as text."""
    row = get_visible(request.actor, pk)
    after = read_number(request.GET.get("after", ""))
    if not is_fragment(request):
        text, _ = log_text(row, after)
        return vary(HttpResponse(text, content_type="text/plain; charset=utf-8"))
    part = read_more(row, after, read_number(request.GET.get("line", "")) or 1)
    if not part.lines and row.ended_at is None:
        return vary(HttpResponse(status=204))
    context = {"log": part, "pk": pk, "live": row.ended_at is None}
    status = 200 if row.ended_at is None else STOP_POLLING
    return vary(render(request, "deployment/_log_more.html", context, status=status))
