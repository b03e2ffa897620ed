"""Browser input of the deployments app: shape only; the rules are in the actions."""

from django import forms

from deployments.actions.resolve import OUTCOMES


class VoteForm(forms.Form):
    decision = forms.ChoiceField(choices=[(d, d) for d in ("approve", "reject", "withdraw")])
    content_hash = forms.CharField(max_length=100)
    comment = forms.CharField(required=False, max_length=4000, strip=False)
    assertion = forms.JSONField(required=False)  # what a passkey answered, written there by passkeys.js
    nonce = forms.CharField(required=False, max_length=100)


class RequestForm(forms.Form):
    application = forms.CharField(max_length=100)
    version = forms.CharField(max_length=100)
    environment = forms.CharField(max_length=100)
    reason = forms.CharField(required=False, max_length=2000)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=2000)


class ResolveForm(ReasonForm):
    outcome = forms.ChoiceField(choices=[(outcome, outcome) for outcome in OUTCOMES])
