"""Browser input of the teams app: who signs in, and what a passkey answered, which allauth checks against this
session's challenge."""

from allauth.account.forms import LoginForm
from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as allauth
from django import forms

# What fido2 raises for JSON that is no answer of a passkey; allauth expects TypeError and ValueError only.
MALFORMED = (AttributeError, KeyError, IndexError, TypeError)


class PasswordForm(LoginForm):
    """The label says what goes in; a placeholder would say it again, in other words, and go away. Password managers
    fill a username here, which may be an address."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs.pop("placeholder", None)
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class PasskeyForm(allauth.AddWebAuthnForm):
    """Here every passkey signs in, too, so there is nothing to choose but its name."""

    name = forms.CharField(label="What do you call it?", max_length=100, required=False)
    passwordless = None

    def clean(self) -> dict:
        try:
            return super().clean()
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class _Answer:
    def clean_credential(self):
        try:
            return super().clean_credential()
        except MALFORMED as error:
            raise get_adapter().validation_error("incorrect_code") from error


class SignInForm(_Answer, allauth.LoginWebAuthnForm):
    """A passkey alone."""


class SecondFactorForm(_Answer, allauth.AuthenticateWebAuthnForm):
    """A passkey after the password."""


class AgainForm(_Answer, allauth.ReauthenticateWebAuthnForm):
    """A passkey once more."""
