"""Browser input of the deployments app: shape only; the rules are in the actions."""

from django import forms

from deployments.actions.resolve import OUTCOMES
from deployments.bypass import HOURS


class VoteForm(forms.Form):
    decision = forms.ChoiceField(choices=[(d, d) for d in ("approve", "reject", "withdraw")])
    content_hash = forms.CharField(max_length=100)
    comment = forms.CharField(required=False, max_length=4000, strip=False)
    assertion = forms.JSONField(required=False)  # what a passkey answered, written there by passkeys.js
    nonce = forms.CharField(required=False, max_length=100)
    typed_version = forms.CharField(required=False, max_length=100)


class RequestForm(forms.Form):
    application = forms.CharField(max_length=100)
    version = forms.CharField(max_length=100)
    environment = forms.CharField(max_length=100)
    reason = forms.CharField(required=False, max_length=2000)
    not_before = forms.DateTimeField(required=False)  # in the zone that is active
    typed_version = forms.CharField(required=False, max_length=100)
    expedited = forms.BooleanField(required=False)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=2000)


class ResolveForm(ReasonForm):
    outcome = forms.ChoiceField(choices=[(outcome, outcome) for outcome in OUTCOMES])


class BreakGlassForm(forms.Form):
    """`confirmation`: the environment's name, typed again; `skip` is read as the list it is posted as."""

    application = forms.CharField(max_length=100)
    version = forms.CharField(max_length=100)
    environment = forms.CharField(max_length=100)
    reason = forms.CharField(required=False, max_length=2000)
    incident = forms.CharField(required=False, max_length=200)
    hours = forms.TypedChoiceField(choices=[(hours, hours) for hours in HOURS], coerce=int)
    drill = forms.BooleanField(required=False)
    confirmation = forms.CharField(required=False, max_length=100)


class FindingForm(forms.Form):
    finding = forms.CharField(required=False, max_length=4000)
