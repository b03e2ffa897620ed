"""Who turns my key while I am away?"""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.delegations import read_delegations
from kernel.drafts import take_draft


@login_required
@require_safe
def delegations(request):
    """What this person lends and was lent, and the form to lend a place."""
    page = read_delegations(frame_of(request))
    context = {"page": page, "draft": take_draft(request, reverse("delegation_make")), "nav_active": ""}
    return render(request, "delegation/delegations.html", context)
