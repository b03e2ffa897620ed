"""Browser forms of the pipelines app. Pages are in insights; these take a POST, act, and send back (303)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from kernel.refusals import Invalid
from pipelines.actions.confirm_change import confirm_change
from pipelines.actions.let_stand_in import let_stand_in
from pipelines.actions.reject_change import reject_change
from pipelines.forms import DelegationForm, ReasonForm
from pipelines.states import ChangeState
from teams.actions.end_delegation import end_delegation

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


def _see_other(name: str, *args) -> HttpResponseRedirect:
    """303, so that a reload of the next page posts nothing again."""
    response = redirect(reverse(name, args=args))
    response.status_code = 303
    return response


def _read(form) -> dict:
    """What was typed, or Invalid with each field's own sentence."""
    if form.is_valid():
        return form.cleaned_data
    errors = [
        {"pointer": f"/{name}", "code": "invalid", "detail": said[0]} for name, said in form.errors.items()
    ]
    raise Invalid(errors=errors)


@login_required
@require_POST
def confirm(request, change_id: str):
    confirm_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, "Confirmed. It is in force.")
    return _see_other("change", change_id)


@login_required
@require_POST
def reject(request, change_id: str):
    change = reject_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, SAID[change.state])
    return _see_other("change", change_id)


@login_required
@require_POST
def make_delegation(request):
    done = let_stand_in(actor=request.actor, **_read(DelegationForm(request.POST)))
    if done.change is not None:
        messages.success(
            request, "Proposed. It holds once an administrator who is neither of you confirms it."
        )
    else:
        messages.success(request, "It holds. Take it back here whenever you like.")
    return _see_other("delegations")


@login_required
@require_POST
def end_one(request, delegation_id: str):
    end_delegation(actor=request.actor, delegation_id=delegation_id, reason=_reason(request))
    messages.success(request, "Ended. A vote that was cast by it counts no more, unless it has been used.")
    return _see_other("delegations")
