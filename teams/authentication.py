"""Who is calling the API: a bearer token or a browser session becomes `request.actor`.

A personal token costs two queries (the token with its owner and the time; groups and teams), an application
token one.
"""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from rest_framework import authentication
from rest_framework.exceptions import AuthenticationFailed

from kernel.actor import Actor, Method
from kernel.address import client_address
from kernel.refusals import Forbidden, Refusal
from teams.actions.touch_token import touch_token
from teams.models import ApiToken, Person
from teams.queries import actor_for_application, actor_for_person
from teams.token_lookup import find_token
from teams.tokens import missing_scope

SCHEME = "bearer"


class TokenRefused(Refusal, AuthenticationFailed):
    """401 `not_authenticated`, `token_expired` or `token_revoked`: a refusal with its stable code, and for
    the limit on failed attempts what the REST framework calls a failed authentication."""

    status = 401
    code = "not_authenticated"
    title = "You are not signed in"


@dataclass(frozen=True)
class ApplicationPrincipal:
    """What stands in `request.user` for a machine: never a person, so nothing can mistake it for one."""

    application: str

    is_authenticated = True
    is_anonymous = False
    is_active = True

    @property
    def pk(self) -> str:
        return f"application:{self.application}"

    def __str__(self) -> str:
        return self.application


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer rgt_…`. Another scheme, or no header, leaves the request to the next class."""

    def authenticate(self, request) -> tuple[Person | ApplicationPrincipal, ApiToken] | None:
        """(user, token), with `request.actor` set on the HttpRequest below.

        Raises TokenRefused (401 `not_authenticated`, `token_expired`, `token_revoked`) and Forbidden
        (403 `forbidden`, `missing_permission`: "scope …") for a token without the scope of the request.
        """
        scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        if scheme.lower() != SCHEME:
            return None
        http = request._request
        http.actor = Actor.anonymous(**_origin(http))
        token = _live_token(secret.strip())
        if token.person is None:
            user = ApplicationPrincipal(token.application_id)
            http.actor = actor_for_application(token, **_origin(http))
        else:
            user = token.person
            http.actor = actor_for_person(user, method=Method.TOKEN, token=token, **_origin(http))
        lacking = missing_scope(
            scopes=token.scopes, personal=token.person is not None, method=http.method, path=http.path
        )
        if lacking:
            raise Forbidden(
                f"This token does not have the scope {lacking}.", missing_permission=f"scope {lacking}"
            )
        return user, token

    def authenticate_header(self, request) -> str:
        """Makes DRF answer 401 and not 403 where credentials are missing."""
        return "Bearer"


def _live_token(secret: str) -> ApiToken:
    found = find_token(secret)
    if found is None:
        raise TokenRefused("This token is unknown, or was mistyped.", code="not_authenticated")
    token, at = found
    _check_alive(token, at)
    touch_token(token=token, at=at)
    return token


def _check_alive(token: ApiToken, at: datetime) -> None:
    if token.revoked_at is not None:
        raise TokenRefused("This token was revoked.", code="token_revoked")
    if token.expires_at <= at:
        raise TokenRefused("This token has expired; ask for a new one.", code="token_expired")
    if token.person is not None and not token.person.is_active:
        raise TokenRefused("This token's person no longer has access.", code="token_revoked")


def _origin(http: HttpRequest) -> dict:
    return {"ip": client_address(http), "request_id": getattr(http, "request_id", None)}


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session. DRF checks the CSRF token on every request it authenticates (writes only)."""

    def authenticate(self, request) -> tuple[Person, None] | None:
        """(person, None) with `request.actor` set; None when nobody is signed in, or no longer active.

        A failed CSRF check raises rest_framework's PermissionDenied (403).
        """
        found = super().authenticate(request)
        if found is None:
            return None
        person, http = found[0], request._request
        actor = getattr(http, "actor", None)
        if actor is None or actor.person_id != person.pk or actor.method != Method.SESSION:
            http.actor = actor_for_person(person, method=Method.SESSION, **_origin(http))
        return person, None
