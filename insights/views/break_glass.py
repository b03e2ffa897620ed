"""S13: what would it cost to ship past the gates; and what became of it."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from deployments.bypass import HOURS
from insights.frame import frame_of
from insights.reads.break_glass import read_break_glass, read_review
from kernel.drafts import take_draft


@login_required
@require_safe
def break_glass(request):
    """`?application=&version=&environment=`: where one came from."""
    wanted = {name: request.GET.get(name, "") for name in ("application", "version", "environment")}
    page = read_break_glass(frame_of(request), **wanted)
    draft = take_draft(request, reverse("break_glass_open"))
    hours = [(str(n), f"{n} h") for n in HOURS]
    context = {"page": page, "draft": draft, "hours": hours, "nav_active": "board", **wanted}
    return render(request, "break_glass/break_glass.html", context)


@login_required
@require_safe
def break_glass_review(request, pk: str):
    page = read_review(frame_of(request), pk)
    draft = take_draft(request, reverse("break_glass_review", args=[pk]))
    context = {"page": page, "row": page.row, "draft": draft, "nav_active": "inbox"}
    return render(request, "break_glass/review.html", context)
