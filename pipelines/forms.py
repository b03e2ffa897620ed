"""Browser input of the pipelines app: shape only; the rules are in the actions."""

from django import forms


class DelegationForm(forms.Form):
    """`since` and `until`: in the zone that is active; `since` left out: at once."""

    group = forms.CharField(max_length=64)
    to = forms.CharField(max_length=64)
    since = forms.DateTimeField(required=False)
    until = forms.DateTimeField()
    reason = forms.CharField(required=False, max_length=2000)


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=2000)
