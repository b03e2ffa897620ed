"""Is this change of configuration right? The list of those that wait for a second person, and each by itself."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from insights.frame import frame_of
from insights.reads.changes import read_change, read_changes
from kernel.drafts import take_draft


@login_required
@require_safe
def changes(request):
    """What waits for this person first, then what waits for somebody else, then what was decided."""
    context = {"page": read_changes(frame_of(request)), "nav_active": "changes"}
    return render(request, "change/changes.html", context)


@login_required
@require_safe
def change(request, pk: str):
    """The exact difference, what it would have changed, and the word of whoever may give it."""
    page = read_change(frame_of(request), pk)
    drafts = {
        name: take_draft(request, reverse(f"change_{name}", args=[pk])) for name in ("confirm", "reject")
    }
    return render(request, "change/change.html", {"page": page, **drafts, "nav_active": "changes"})
