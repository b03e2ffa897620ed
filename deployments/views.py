"""Browser forms of the deployments app. Pages are in insights; these take a POST, act, and send back (303)."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.views.decorators.http import require_POST

from approvals.actions.accept_signature import read_signed
from deployments import forms
from deployments.actions.break_glass import break_glass
from deployments.actions.cancel import cancel
from deployments.actions.cast_vote import cast_vote
from deployments.actions.confirm_break_glass import confirm_break_glass
from deployments.actions.request import request as ask
from deployments.actions.resolve import resolve
from deployments.actions.review_break_glass import review_break_glass
from kernel.clock import now
from kernel.drafts import read_form
from kernel.htmx import see_other
from kernel.refusals import Invalid

SAID = {
    "approve": "Your approval is recorded.",
    "reject": "Your rejection is recorded.",
    "withdraw": "Your vote is withdrawn; you may vote again.",
}


@login_required
@require_POST
def vote(request, approval_id: str):
    data = read_form(forms.VoteForm, request)
    data["signed"] = read_signed(data.pop("assertion") or None, data.pop("nonce") or None)
    cast_vote(actor=request.actor, request_id=approval_id, **data)
    messages.success(request, SAID[data["decision"]])
    return see_other("approval", approval_id)


@login_required
@require_POST
def request_deployment(request):
    data = read_form(forms.RequestForm, request)
    asked = ask(actor=request.actor, zone=str(request.zone), **data)
    if asked.created:
        messages.success(
            request, f"Requested: {asked.deployment.version} to {asked.deployment.environment_id}."
        )
    return see_other("deployment", asked.deployment.pk)


@login_required
@require_POST
def cancel_deployment(request, deployment_id: str):
    row = cancel(actor=request.actor, deployment_id=deployment_id, **read_form(forms.ReasonForm, request))
    messages.success(request, "Cancelled." if row.ended_at else "It stops at the next safe point.")
    return see_other("deployment", deployment_id)


@login_required
@require_POST
def resolve_deployment(request, deployment_id: str):
    resolve(actor=request.actor, deployment_id=deployment_id, **read_form(forms.ResolveForm, request))
    messages.success(request, "Recorded.")
    return see_other("deployment", deployment_id)


@login_required
@require_POST
def open_break_glass(request):
    """The environment's name is typed again, so that nobody breaks the glass of another place at night."""
    data = read_form(forms.BreakGlassForm, request)
    if data.pop("confirmation").strip() != data["environment"]:
        detail = f"Type {data['environment']} to confirm."
        raise Invalid(errors=[{"pointer": "/confirmation", "code": "confirmation_differs", "detail": detail}])
    until = now() + timedelta(hours=data.pop("hours"))
    row = break_glass(actor=request.actor, skip=request.POST.getlist("skip"), until=until, **data)
    messages.success(request, "The glass is broken. Somebody else will review it.")
    return see_other("deployment", row.deployment_id)


@login_required
@require_POST
def confirm(request, review_id: str):
    row = confirm_break_glass(actor=request.actor, review_id=review_id)
    messages.success(request, "Confirmed: its checks are skipped now.")
    return see_other("deployment", row.deployment_id)


@login_required
@require_POST
def review(request, review_id: str):
    data = read_form(forms.FindingForm, request)
    review_break_glass(actor=request.actor, review_id=review_id, **data)
    messages.success(request, "Your review is recorded.")
    return see_other("break_glass_one", review_id)
