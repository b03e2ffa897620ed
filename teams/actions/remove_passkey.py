"""Take a passkey away: it signs nothing any more. What it signed stays signed."""

from allauth.mfa.models import Authenticator
from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, Method, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import NotFound
from teams.credentials import to_base64url
from teams.models import Passkey
from teams.queries import get_person


@transaction.atomic
def remove_passkey(*, actor: Actor, username: str, passkey_id: int) -> Passkey:
    """One's own in the browser, or anybody's by who manages people (a lost device must not lock its person out).

    Records `passkey.removed`. A second time changes and records nothing. Raises Forbidden, NotFound.
    """
    own = actor.is_human and actor.name == username and actor.method == Method.SESSION
    if not own:
        require(actor, Permission.PERSON_MANAGE)
    row = Passkey.objects.filter(person=get_person(actor, username), pk=passkey_id).first()
    if row is None:
        raise NotFound()
    at = now()
    if Passkey.objects.filter(pk=row.pk, removed_at=None).update(removed_at=at) == 1:
        _forget_sign_in(row)
        append(
            kind="passkey.removed",
            actor=actor,
            subject=f"person:{row.person_id}",
            data={"credential": row.credential_id},
            private={"name": row.name},
        )
    row.refresh_from_db()
    return row


def _forget_sign_in(row: Passkey) -> None:
    """allauth's row of the same credential, by which its person signs in."""
    kept = Authenticator.objects.filter(user_id=row.person_id, type=Authenticator.Type.WEBAUTHN)
    same = [
        key.pk
        for key in kept
        if to_base64url(key.wrap().authenticator_data.credential_data.credential_id) == row.credential_id
    ]
    Authenticator.objects.filter(pk__in=same).delete()
