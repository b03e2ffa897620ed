"""Pages of a person's own passkeys. allauth runs the ceremonies; the actions keep what comes of them."""

import json

from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.internal.auth import begin_registration, parse_registration_response
from allauth.mfa.webauthn.views import AddWebAuthnView, ReauthenticateWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.serializers.json import DjangoJSONEncoder
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from teams.actions.add_passkey import add_passkey
from teams.actions.remove_passkey import remove_passkey
from teams.credentials import ALGORITHMS
from teams.forms import PasskeyForm
from teams.models import Passkey

APP = "allauth.mfa"


def _as_json(options) -> str:
    return json.dumps(options, cls=DjangoJSONEncoder)


def _again(request):
    return redirect(f"{reverse('account_reauthenticate')}?next={request.path}")


@login_required
@require_safe
@never_cache
def passkeys(request):
    rows = Passkey.objects.filter(person_id=request.user.pk, removed_at=None).order_by("-added_at")
    return render(request, "mfa/passkeys.html", {"passkeys": rows, "zone": request.zone})


class AddPasskey(AddWebAuthnView):
    """GET asks for the password again where that is long ago; the browser then makes the key."""

    form_class = PasskeyForm
    template_name = "mfa/add_passkey.html"

    def dispatch(self, request, *args, **kwargs):
        if is_reauthentication_required(request, app=APP):
            return _again(request)  # never a resumed POST: the ceremony would be an old one
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        options = begin_registration(self.request.user, True)
        public = dict(options["publicKey"])
        public["pubKeyCredParams"] = [p for p in public["pubKeyCredParams"] if p["alg"] in ALGORITHMS]
        return context | {"options": _as_json(public), "rp_id": settings.PASSKEY_RP_ID}

    def form_valid(self, form):
        credential = form.cleaned_data["credential"]
        add_passkey(
            actor=self.request.actor,
            name=form.cleaned_data["name"],
            credential=credential,
            data=parse_registration_response(credential).response.attestation_object.auth_data,
        )
        messages.success(self.request, "Your passkey is added.")
        return redirect("mfa_list_webauthn")


class SecondFactor(AuthenticateView):
    """Whoever has a passkey signs in with it, or with the password and it."""

    template_name = "mfa/second_factor.html"

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        return context | {"options": _as_json(context["js_data"]["request_options"]["publicKey"])}


class ReauthenticateByPasskey(ReauthenticateWebAuthnView):
    template_name = "mfa/reauthenticate.html"

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        return context | {"options": _as_json(context["js_data"]["request_options"]["publicKey"])}


@login_required
@never_cache
def remove(request, passkey_id: int):
    """A page that asks once more, behind the password; then it is gone."""
    row = get_object_or_404(Passkey, pk=passkey_id, person_id=request.user.pk, removed_at=None)
    if is_reauthentication_required(request, app=APP):
        return _again(request)
    if request.method != "POST":
        return render(request, "mfa/remove_passkey.html", {"passkey": row})
    remove_passkey(actor=request.actor, username=request.user.username, passkey_id=row.pk)
    messages.success(request, "The passkey is removed.")
    return redirect("mfa_list_webauthn")
