"""Enrol a passkey of one's own: from now on it signs votes, and signs its person in."""

from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import transaction
from fido2 import cbor
from fido2.webauthn import AuthenticatorData

from audit.actions.append import append
from kernel.actor import Actor, Method
from kernel.clock import now
from kernel.refusals import Conflict, Forbidden, Invalid
from teams.credentials import ALGORITHMS, to_base64url
from teams.models import Passkey, Person
from teams.names import check_text

MOST = 20


@transaction.atomic
def add_passkey(*, actor: Actor, name: str, credential: dict, data: AuthenticatorData) -> Passkey:
    """The passkey that a finished registration brought: `credential` as the browser sent it, `data` as it was checked.

    Records `passkey.added` with the public key, by which a signature is known to be this person's ever after.
    Raises Forbidden for anybody without a session; Invalid 422 `passkey_unfit` for a key that did not verify its
    person or of another kind; Conflict 409 `passkey_taken` for one that is enrolled already, by whomever.
    """
    if not actor.is_human or actor.method != Method.SESSION:
        raise Forbidden("A passkey is enrolled in the browser, by the person who is signed in there.")
    found = data.credential_data
    if found is None or not data.is_user_verified() or found.public_key.get(3) not in ALGORITHMS:
        detail = "A passkey here checks its person and signs with ES256 or EdDSA."
        raise Invalid(errors=[{"pointer": "/credential", "code": "passkey_unfit", "detail": detail}])
    person = Person.objects.get(pk=actor.person_id)
    credential_id = to_base64url(found.credential_id)
    if Passkey.objects.filter(credential_id=credential_id, removed_at=None).exists():
        raise Conflict("This passkey is enrolled already.", code="passkey_taken")
    if person.passkeys.filter(removed_at=None).count() >= MOST:
        raise Conflict(f"Nobody has more than {MOST} passkeys. Remove one first.", code="passkey_too_many")
    WebAuthn.add(person, name, credential)
    row = Passkey.objects.create(
        person=person,
        credential_id=credential_id,
        public_key=to_base64url(cbor.encode(dict(found.public_key))),
        name=check_text(name, pointer="/name", longest=100),
        sign_count=data.counter,
        added_at=now(),
    )
    append(
        kind="passkey.added",
        actor=actor,
        subject=f"person:{person.pk}",
        data={"credential": row.credential_id, "public_key": row.public_key},
        private={"name": row.name},
    )
    return row
