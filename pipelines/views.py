"""Browser forms of the pipelines app. Pages are in insights; these take a POST, act, and send back (303)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from kernel.refusals import Invalid
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.reject_change import reject_change
from pipelines.forms import ReasonForm
from pipelines.states import ChangeState

SAID = {
    ChangeState.REJECTED: "Rejected. Nothing was changed.",
    ChangeState.WITHDRAWN: "Taken back. Nothing was changed.",
}


def _reason(request) -> str:
    form = ReasonForm(request.POST)
    if not form.is_valid():
        detail = form.errors["reason"][0]
        raise Invalid(errors=[{"pointer": "/reason", "code": "invalid", "detail": detail}])
    return form.cleaned_data["reason"]


def _see_other(change_id: str) -> HttpResponseRedirect:
    """303, so that a reload of the next page posts nothing again."""
    response = redirect(reverse("change", args=[change_id]))
    response.status_code = 303
    return response


@login_required
@require_POST
def confirm(request, change_id: str):
    confirm_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, "Confirmed. It is in force.")
    return _see_other(change_id)


@login_required
@require_POST
def reject(request, change_id: str):
    change = reject_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, SAID[change.state])
    return _see_other(change_id)
