"""Browser input of the pipelines app: shape only; the rules are in the actions."""

from django import forms


class ReasonForm(forms.Form):
    reason = forms.CharField(required=False, max_length=2000)
