"""Browser input of the teams app: what a passkey answered. allauth checks it against this session's challenge."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as allauth
from django import forms

# What fido2 raises for JSON that is no answer of a passkey; allauth expects TypeError and ValueError only.
MALFORMED = (AttributeError, KeyError, IndexError, TypeError)


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
