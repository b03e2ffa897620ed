"""Hand a person the statement that their passkey is to sign: theirs alone, for one decision, once, for five minutes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from approvals import queries, rules
from approvals.models import ApprovalRequest, SigningStatement
from approvals.statement import challenge, digest_of, statement, to_text
from approvals.states import TAKES_VOTES
from audit.canonical import wire_instant
from kernel.actor import Actor
from kernel.refusals import Conflict, Forbidden
from teams.models import Passkey

VALID = timedelta(minutes=5)
ENROL = "/account/passkeys"


@dataclass(frozen=True)
class Issued:
    """`options`: what `navigator.credentials.get({publicKey})` takes, as JSON (bytes in base64url)."""

    statement: dict
    shown: dict
    challenge: str
    options: dict


@transaction.atomic
def issue_statement(
    *, actor: Actor, request_id: str, decision: str, content_hash: str, shown: dict, at: datetime
) -> Issued:
    """The statement for this person's decision on exactly this content, and what to ask the browser for.

    `shown`: the model of what the person is shown. No audit event: nothing is decided yet, and the statement stands
    in the vote's. Raises NotFound; Forbidden `human_required`, `step_up_required` (no passkey: `enrol` says where);
    Conflict `not_open`, `content_changed`.
    """
    request = queries.get_visible(actor, request_id)
    if not actor.is_human:
        raise Forbidden("Only a person may vote; a machine fills no slot.", code="human_required")
    lapsed = rules.expired(request.state, at, expires_at=request.expires_at, valid_until=request.valid_until)
    if request.state not in TAKES_VOTES or lapsed:
        raise Conflict("This request takes no votes any more.", code="not_open")
    if content_hash != request.content_hash:
        raise Conflict(
            "What you looked at is not what is asked now. Look again.",
            code="content_changed",
            content_hash=request.content_hash,
        )
    keys = list(Passkey.objects.filter(person_id=actor.person_id, removed_at=None).order_by("id"))
    if not keys:
        raise Forbidden("You have no passkey yet. Add one first.", code="step_up_required", enrol=ENROL)
    return _issue(actor, request, decision, shown, keys, at)


def _issue(actor: Actor, request: ApprovalRequest, decision: str, shown: dict, keys: list, at) -> Issued:
    made = statement(
        approval=request.pk,
        decision=decision,
        content_hash=request.content_hash,
        approver=actor.person_id,
        nonce=secrets.token_urlsafe(32),
        not_after=wire_instant(at + VALID),
        shown=digest_of(shown),
    )
    SigningStatement.objects.create(
        nonce=made["nonce"],
        request=request,
        person_id=actor.person_id,
        statement=made,
        shown=shown,
        issued_at=at,
        not_after=at + VALID,
    )
    asked = to_text(challenge(made))
    options = {
        "challenge": asked,
        "rpId": settings.PASSKEY_RP_ID,
        "allowCredentials": [{"type": "public-key", "id": key.credential_id} for key in keys],
        "userVerification": "required",
        "timeout": int(VALID.total_seconds() * 1000),
    }
    return Issued(made, shown, asked, options)
