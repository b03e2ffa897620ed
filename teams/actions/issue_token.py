"""Make a bearer token for an application or a person. The secret exists only in what this returns."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, Method, require
from kernel.clock import now
from kernel.permissions import AUDITOR, SCOPES, Permission
from kernel.refusals import Forbidden, Invalid
from kernel.verdicts import wire_time
from teams.models import ApiToken, Person
from teams.names import check_text
from teams.queries import get_application, get_person
from teams.tokens import LONGEST, PERSONAL_SCOPES, SHORTEST, WRITE, digest, mint


@dataclass(frozen=True)
class Issued:
    """A token and, once, its secret; the secret stays out of `repr`, so that no log shows it by accident."""

    token: ApiToken
    secret: str = field(repr=False)


@transaction.atomic
def issue_token(
    *,
    actor: Actor,
    label: str,
    scopes: list[str],
    expires_in: int,
    application: str | None = None,
    username: str | None = None,
) -> Issued:
    """A token of `application` (by an administrator) or of the person `username` (their own, or by one).

    `expires_in` in seconds, 1…31,536,000. An application's scopes: at least one of
    kernel.permissions.SCOPES; a person's may be empty (everything the person may do). Records
    `token.created`. Raises Forbidden, NotFound; Invalid 422 `text_invalid`, `scope_unknown`,
    `scopes_required`, `expires_in_invalid`.
    """
    if (application is None) == (username is None):
        raise ValueError("a token belongs to an application or to a person")
    if application is not None:
        require(actor, Permission.TOKEN_MANAGE)
        owner = {"application": get_application(actor, application)}
    else:
        owner = {"person": _person(actor, username)}
    scopes = _scopes(actor, scopes, SCOPES if application is not None else PERSONAL_SCOPES)
    if not SHORTEST <= expires_in <= LONGEST:
        raise _invalid(
            "/expires_in", "expires_in_invalid", f"Seconds, from {SHORTEST} to {LONGEST} (365 days)."
        )
    secret, at = mint(), now()
    token = ApiToken.objects.create(
        **owner,
        label=check_text(label, pointer="/label", longest=100),
        scopes=scopes,
        digest=digest(secret),
        created_at=at,
        created_by=_maker(actor),
        expires_at=at + timedelta(seconds=expires_in),
    )
    _record(actor, token)
    return Issued(token, secret)


def _maker(actor: Actor) -> str:
    """Whose doing it is: a token that somebody else made acts for them, and so do the tokens that are made with it."""
    made = ApiToken.objects.filter(pk=actor.token_id, person__isnull=False).values_list(
        "created_by", flat=True
    )
    return (made.first() if actor.token_id else None) or actor.name


def _person(actor: Actor, username: str) -> Person:
    """Whose token it will be. An auditor changes nothing (requirement F11), their own tokens included."""
    own = actor.is_human and username.lower() == actor.name and actor.roles != {AUDITOR}
    if not own:
        require(actor, Permission.TOKEN_MANAGE)
    person = get_person(actor, username)
    if not person.is_active:
        raise _invalid("/username", "person_inactive", "This person no longer has access.")
    return person


def _scopes(actor: Actor, scopes: list[str], known: tuple[str, ...]) -> list[str]:
    for index, scope in enumerate(scopes):
        if scope not in known:
            raise _invalid(f"/scopes/{index}", "scope_unknown", f"Scopes are {', '.join(known)}.")
    if not scopes and known is SCOPES:
        raise _invalid("/scopes", "scopes_required", "An application's token needs at least one scope.")
    # A restricted token must not make itself an unrestricted one; one with `write` is not restricted.
    restricted = actor.method == Method.TOKEN and actor.scopes and WRITE not in actor.scopes
    if restricted and not (scopes and actor.scopes.issuperset(scopes)):
        raise Forbidden("A token cannot give more than it has.", missing_permission="scope write")
    return sorted(set(scopes))


def _record(actor: Actor, token: ApiToken) -> None:
    private = {"label": token.label}
    if token.person_id is not None:
        private["username"] = token.person.username
    append(
        kind="token.created",
        actor=actor,
        subject=f"token:{token.pk}",
        application=token.application_id,
        data={"person": token.person_id, "scopes": token.scopes, "expires_at": wire_time(token.expires_at)},
        private=private,
    )


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[{"pointer": pointer, "code": code, "detail": detail}])
