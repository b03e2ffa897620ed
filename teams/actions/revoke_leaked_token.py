"""A token that came in a URL is in proxies' logs and browsers' histories by now: it ends at once."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor
from kernel.clock import now
from teams.models import ApiToken
from teams.tokens import digest, is_well_formed

REASON = "It was sent in a query string."


@transaction.atomic
def revoke_leaked_token(*, secret: str, request_id: str | None, ip: str | None = None) -> bool:
    """Revoke the token of that secret if there is one that is not revoked yet; True when it was revoked now.

    `ip`: where it came from, recorded as private text. Records `token.revoked` by the system.
    """
    if not is_well_formed(secret):
        return False
    changed = ApiToken.objects.filter(digest=digest(secret), revoked_at__isnull=True).update(
        revoked_at=now(), revoked_reason=REASON
    )
    if not changed:
        return False
    token = ApiToken.objects.get(digest=digest(secret))
    append(
        kind="token.revoked",
        actor=Actor.system("token-guard", request_id),
        subject=f"token:{token.pk}",
        application=token.application_id,
        data={"person": token.person_id, "leaked": True},
        private={"reason": REASON} | ({"ip": ip} if ip else {}),
    )
    return True
