"""Do I put my name to this change, now?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.decision import read_decision
from kernel.drafts import take_draft


@login_required
@require_safe
@never_cache
def approval(request, pk: str):
    """The whole page, never refreshed by itself; what was typed into a refused vote is kept."""
    page = read_decision(frame_of(request), pk)
    draft = take_draft(request, reverse("vote", args=[page.approval.pk]))
    context = {"page": page, "draft": draft, "comment": draft.get("comment") if draft else ""}
    return render(request, "decision/decision.html", {**context, "nav_active": "inbox"})
