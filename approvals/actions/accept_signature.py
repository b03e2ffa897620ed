"""Take what a passkey answered to a statement of ours, once: statement, key, counter and signature are right."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Q

from approvals.models import ApprovalRequest, SigningStatement
from approvals.statement import Assertion, origin_of, problem, stored, to_bytes, to_text
from kernel.actor import Actor
from kernel.refusals import Denial, Invalid, Refusal
from teams.models import Passkey

DETAILS = {
    "nonce_invalid": "This statement was never handed out to you for this request, or was used already.",
    "statement_expired": "The statement is too old. Ask for a new one and sign that.",
    "statement_differs": "The statement was made for another decision or for other content.",
    "passkey_unknown": "This passkey is not enrolled for you.",
    "assertion_malformed": "This is not the answer of a passkey.",
    "challenge_mismatch": "The passkey signed something else than this statement.",
    "origin_mismatch": "The passkey was asked by another site.",
    "rp_mismatch": "The passkey answered for another relying party.",
    "user_not_verified": "The passkey did not check that it is you (fingerprint, face or PIN).",
    "signature_invalid": "The signature is not that of the passkey.",
    "counter_rolled_back": "The passkey's counter went back: it may have been copied. Tell an administrator.",
}


class SignatureRefused(Refusal):
    """401 with one of DETAILS as its code: whoever sent this has not shown that they are who they say."""

    status = 401
    code = "signature_invalid"
    title = "The signature was not accepted"


@dataclass(frozen=True)
class Signed:
    """The answer of a passkey, and the nonce of the statement it answers to."""

    nonce: str
    assertion: Assertion


def read_signed(assertion, nonce: str | None) -> Signed | None:
    """From the JSON of what `navigator.credentials.get()` answered; None where nothing was sent. Half of it, or what
    is no such JSON: Invalid 422 `assertion_invalid`."""
    if assertion is None and nonce is None:
        return None
    try:
        answer = assertion["response"]
        parts = (assertion["id"], answer["authenticatorData"], answer["clientDataJSON"], answer["signature"])
        return Signed(str(nonce or ""), Assertion(*(to_bytes(part) for part in parts)))
    except (KeyError, TypeError, ValueError) as error:
        detail = "An assertion has id and response, its bytes in base64url without padding."
        wrong = {"pointer": "/assertion", "code": "assertion_invalid", "detail": detail}
        raise Invalid(errors=[wrong]) from error


def accept_signature(
    *, actor: Actor, request: ApprovalRequest, decision: str, signed: Signed, at: datetime
) -> dict:
    """The stored form of the signature, with the statement used up and the counter moved; in the vote's transaction.

    Raises SignatureRefused, after which nothing of this remains: the statement may still be signed rightly.
    """

    def refuse(code: str) -> SignatureRefused:
        data = {"code": code, "decision": str(decision), "content_hash": request.content_hash}
        place = {"environment": request.environment_id, "application": request.release.application_id}
        denial = Denial(kind="vote.refused", subject=f"approval:{request.pk}", data=data, **place)
        return SignatureRefused(DETAILS[code], code=code, denial=denial)

    row = SigningStatement.objects.filter(
        nonce=signed.nonce, request=request, person_id=actor.person_id, used_at=None
    ).first()
    if row is None:
        raise refuse("nonce_invalid")
    if at > row.not_after:
        raise refuse("statement_expired")
    if (row.statement["decision"], row.statement["content_hash"]) != (decision, request.content_hash):
        raise refuse("statement_differs")
    credential = to_text(signed.assertion.credential_id)
    key = Passkey.objects.filter(person_id=actor.person_id, credential_id=credential, removed_at=None).first()
    if key is None:
        raise refuse("passkey_unknown")
    public_key = key.cose
    where = {"rp_id": settings.PASSKEY_RP_ID, "origin": origin_of(settings.PUBLIC_URL)}
    wrong = problem(signed.assertion, row.statement, public_key=public_key, **where)
    if wrong:
        raise refuse(wrong)
    if not _count(key, signed.assertion.sign_count, at):
        raise refuse("counter_rolled_back")
    if SigningStatement.objects.filter(pk=row.pk, used_at=None).update(used_at=at) != 1:
        raise refuse("nonce_invalid")
    return stored(row.statement, signed.assertion, public_key=public_key)


def _count(key: Passkey, told: int, at: datetime) -> bool:
    """Move the counter forward. Authenticators without one tell 0 for ever (WebAuthn Level 2, §6.1.1)."""
    ahead = Q(sign_count__lt=told) | (Q(sign_count=0) if told == 0 else Q(pk__in=()))
    held = Passkey.objects.filter(ahead, pk=key.pk, removed_at=None)
    return held.update(sign_count=told, last_used_at=at) == 1
