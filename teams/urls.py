"""Paths of the app: `api` below /api/v1/, `pages` below /."""

from allauth.mfa.webauthn.views import login_webauthn
from django.urls import path

from teams import api as views
from teams import views as own

api = [
    path("applications", views.Applications.as_view(), name="api-applications"),
    path("applications/<str:name>/tokens", views.ApplicationTokens.as_view(), name="api-application-tokens"),
    path(
        "applications/<str:name>/tokens/<str:token_id>",
        views.ApplicationToken.as_view(),
        name="api-application-token",
    ),
    path("groups", views.Groups.as_view(), name="api-groups"),
    path("people/<str:username>/passkeys", views.PersonPasskeys.as_view(), name="api-person-passkeys"),
    path(
        "people/<str:username>/passkeys/<int:passkey_id>",
        views.PersonPasskey.as_view(),
        name="api-person-passkey",
    ),
    path("people/<str:username>/tokens", views.PersonTokens.as_view(), name="api-person-tokens"),
    path("people/<str:username>/tokens/<str:token_id>", views.PersonToken.as_view(), name="api-person-token"),
    path("teams", views.Teams.as_view(), name="api-teams"),
    path("whoami", views.WhoAmI.as_view(), name="api-whoami"),
]
# Named as allauth asks for them.
pages = [
    path("account/passkeys", own.passkeys, name="mfa_list_webauthn"),
    path("account/passkeys", own.passkeys, name="mfa_index"),
    path("account/passkeys/add", own.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path("account/passkeys/<int:passkey_id>/remove", own.remove, name="passkey_remove"),
    path("account/again/passkey", own.ReauthenticateByPasskey.as_view(), name="mfa_reauthenticate_webauthn"),
    path("sign-in/passkey", login_webauthn, name="mfa_login_webauthn"),
    path("sign-in/second-factor", own.SecondFactor.as_view(), name="mfa_authenticate"),
]
