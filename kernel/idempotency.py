"""`Idempotency-Key`: the same key and body gets the first answer again, for 24 hours (docs/reference/api.md).

The answer is stored in the request's own outer transaction, so it exists exactly if what it tells of does.
"""

import hashlib
import hmac
import json
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection

from kernel.clock import raw_now
from kernel.models import IdempotentAnswer
from kernel.refusals import Conflict, Invalid

KEPT = timedelta(hours=24)
REPLAYED_HEADERS = ("Content-Type", "Location", "ETag", "Retry-After")
_KEY = re.compile(r"^[\x21-\x7e]{1,255}$")
_running: set[tuple[str, str]] = set()
_lock = threading.Lock()


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Claim:
    """One key in use: who, which key, and what was asked."""

    principal: str
    key: str
    request_digest: str

    @property
    def key_digest(self) -> str:
        return hashlib.sha256(self.key.encode()).hexdigest()


def read_key(text: str) -> str:
    """The header's value: 1 to 255 visible ASCII characters; otherwise 422 `idempotency_key_invalid`."""
    if not _KEY.fullmatch(text):
        detail = "Idempotency-Key has 1 to 255 visible ASCII characters."
        raise Invalid(
            errors=[{"pointer": "Idempotency-Key", "code": "idempotency_key_invalid", "detail": detail}]
        )
    return text


@contextmanager
def running(principal: str, key: str) -> Iterator[None]:
    """Refuse (409 `idempotency_in_progress`) a key that this process is answering right now.

    Entered before the transaction: on SQLite a second writer would otherwise wait for the first one's lock.
    """
    mark = (principal, key)
    with _lock:
        if mark in _running:
            raise _in_progress()
        _running.add(mark)
    try:
        yield
    finally:
        with _lock:
            _running.discard(mark)


def find(claim: Claim) -> Answer | None:
    """The stored answer, or None if this request is the first.

    Call inside the outer transaction, which then owns the key until it ends. Raises Conflict
    `idempotency_in_progress` (another process is answering it), Invalid `idempotency_key_reused` (the key was
    used for something else), Conflict `idempotency_answer_lost` (SECRET_KEY changed meanwhile).
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))",
                [f"{claim.principal}\n{claim.key_digest}"],
            )
            if not cursor.fetchone()[0]:
                raise _in_progress()
    row = IdempotentAnswer.objects.filter(principal=claim.principal, key_digest=claim.key_digest).first()
    if row is None:
        return None
    if row.created_at < raw_now() - KEPT:
        row.delete()
        return None
    if not hmac.compare_digest(row.request_digest, claim.request_digest):
        raise Invalid("This Idempotency-Key was used for another request.", code="idempotency_key_reused")
    return _open(claim, row)


def store(claim: Claim, answer: Answer) -> None:
    """Keep the first answer, in the transaction that made it true."""
    nonce = os.urandom(12)
    plain = json.dumps(answer.headers).encode() + b"\n" + answer.body
    IdempotentAnswer.objects.create(
        principal=claim.principal,
        key_digest=claim.key_digest,
        request_digest=claim.request_digest,
        status=answer.status,
        sealed=nonce + AESGCM(_secret(claim)).encrypt(nonce, plain, None),
        created_at=raw_now(),
    )


def forget_expired() -> int:
    """Delete answers older than 24 hours; returns how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=raw_now() - KEPT).delete()[0]


def _open(claim: Claim, row: IdempotentAnswer) -> Answer:
    sealed = bytes(row.sealed)
    try:
        plain = AESGCM(_secret(claim)).decrypt(sealed[:12], sealed[12:], None)
    except InvalidTag as error:
        raise Conflict(
            "The first answer can no longer be read. Look at what it did, then use a new key.",
            code="idempotency_answer_lost",
        ) from error
    head, _, body = plain.partition(b"\n")
    return Answer(row.status, json.loads(head), body)


def _secret(claim: Claim) -> bytes:
    text = f"idempotent answer\n{claim.principal}\n{claim.key}"
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).digest()


def _in_progress() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key is still running.", code="idempotency_in_progress"
    )
