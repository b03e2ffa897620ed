"""End a token, with a reason; it stays on record."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import AUDITOR, Permission
from kernel.refusals import NotFound
from teams.models import ApiToken
from teams.names import check_reason
from teams.queries import get_application, get_person, tokens_of


@transaction.atomic
def revoke_token(
    *, actor: Actor, token_id: str, reason: str, application: str | None = None, username: str | None = None
) -> ApiToken:
    """Revoke the token `token_id` of that application (by an administrator) or person (their own, or by one).

    A second time changes and records nothing. Records `token.revoked`, the reason as private text.
    Raises Forbidden, NotFound; Invalid 422 `reason_required` for a reason that is not 1…500 characters.
    """
    if (application is None) == (username is None):
        raise ValueError("a token belongs to an application or to a person")
    own = actor.is_human and username == actor.name and actor.roles != {AUDITOR}
    if not own:
        require(actor, Permission.TOKEN_MANAGE)
    if application is not None:
        tokens = tokens_of(application=get_application(actor, application).pk)
    else:
        tokens = tokens_of(person=get_person(actor, username).pk)
    token = tokens.filter(pk=token_id).first()
    if token is None:
        raise NotFound()
    reason = check_reason(reason)
    return _end(actor, token, reason)


def _end(actor: Actor, token: ApiToken, reason: str) -> ApiToken:
    changed = ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
        revoked_at=now(), revoked_reason=reason
    )
    token.refresh_from_db()
    if changed:
        append(
            kind="token.revoked",
            actor=actor,
            subject=f"token:{token.pk}",
            application=token.application_id,
            data={"person": token.person_id, "leaked": False},
            private={"reason": reason},
        )
    return token
