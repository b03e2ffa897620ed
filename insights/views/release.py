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
    context = {"page": page, **_form(draft, request.zone), "nav_active": "releases"}
    return render(request, "release/release.html", context)


def _form(draft, zone) -> dict:
    """What was typed into a refused request, each problem beside its field."""
    errors = draft.at if draft else {}
    elsewhere = {"not_before", "typed_version"} & errors.keys()
    return {
        "draft": draft,
        "not_before_error": errors.get("not_before", ""),
        "reason_error": draft.detail if draft and not elsewhere else "",
        "not_before_help": f"By your clock ({zone}). It starts by itself then, if its keys still hold.",
    }
