"""Browser forms of the pipelines app. Pages are in insights; these take a POST, act, and send back (303)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from kernel.drafts import read_form
from kernel.htmx import see_other
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
    return read_form(ReasonForm, request)["reason"]


@login_required
@require_POST
def confirm(request, change_id: str):
    confirm_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, "Confirmed. It is in force.")
    return see_other("change", change_id)


@login_required
@require_POST
def reject(request, change_id: str):
    change = reject_change(actor=request.actor, change_id=change_id, reason=_reason(request))
    messages.success(request, SAID[change.state])
    return see_other("change", change_id)


@login_required
@require_POST
def make_delegation(request):
    done = let_stand_in(actor=request.actor, **read_form(DelegationForm, request))
    if done.change is not None:
        messages.success(
            request, "Proposed. It holds once an administrator who is neither of you confirms it."
        )
    else:
        messages.success(request, "It holds. Take it back here whenever you like.")
    return see_other("delegations")


@login_required
@require_POST
def end_one(request, delegation_id: str):
    end_delegation(actor=request.actor, delegation_id=delegation_id, reason=_reason(request))
    messages.success(request, "Ended. A vote that was cast by it counts no more, unless it has been used.")
    return see_other("delegations")
