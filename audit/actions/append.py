"""Write one event in the caller's transaction: no event, no change (product invariant 1)."""

from datetime import datetime

from django.db import DatabaseError, connection, transaction

from audit.canonical import CanonicalError, canonical, check_text, wire_instant
from audit.commitments import commit, new_nonce
from audit.merkle import leaf_hash
from audit.models import AuditEvent, Opening
from audit.tags import Outcome, is_field, is_kind, split_tag
from kernel.actor import Actor, ActorKind
from kernel.clock import now
from kernel.ids import new_evt
from kernel.refusals import Denial, Invalid, Unavailable

BODY_VERSION = 1
MAX_PRIVATE = 65_536  # bytes of one private value


class AuditUnavailable(Unavailable):
    """The event could not be written, so the change may not happen either."""

    code = "audit_unavailable"
    title = "The audit log cannot be written, so nothing was changed"


class Unrecordable(Invalid):
    """Something in the request cannot be recorded (a NUL, half a surrogate pair, too long), so it is
    refused."""

    code = "unrecordable"
    title = "This cannot be recorded"


def append(
    *,
    kind: str,
    actor: Actor,
    subject: str,
    outcome: str = "allowed",
    data: dict | None = None,
    private: dict[str, str] | None = None,
    environment: str | None = None,
    application: str | None = None,
    at: datetime | None = None,
) -> AuditEvent:
    """Record that `actor` did `kind` to `subject`, inside the caller's transaction.

    `kind`: `<noun>.<verb>` of audit.tags.Kind. `subject`: a tag, `<word>:<name>`. `outcome`: allowed, denied
    or failed. `data`: text, whole numbers, booleans, lists and dicts; people by id only. `private`: names,
    e-mails, free text; the body holds commitments to them. The actor's username and address are added by
    themselves. `at`: the instant of the change, where the caller has read `kernel.clock.now()` for it just
    before; else the clock is read here.

    Raises RuntimeError outside a transaction, ValueError or TypeError for a malformed call, Unrecordable
    (422) for values that cannot be stored, AuditUnavailable (503) when the database refuses: the transaction
    is then lost.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("append() must run in the transaction of the change it records")
    _check_call(kind, subject, outcome)
    event_id, at = new_evt(), at or _clock()
    secret = sorted(_private(actor, private).items())
    openings = [(event_id, field, new_nonce(), value) for field, value in secret]
    body = {
        "v": BODY_VERSION,
        "id": event_id,
        "at": wire_instant(at),
        "kind": str(kind),
        "actor": _actor(actor),
        "subject": subject,
        "outcome": str(outcome),
        "environment": environment,
        "application": application,
        "request_id": actor.request_id,
        "data": data or {},
        "private": {field: commit(nonce, field, value) for _, field, nonce, value in openings},
    }
    event = _event(actor, at, body)
    _write(event, openings)
    return event


def _event(actor: Actor, at: datetime, body: dict) -> AuditEvent:
    """The row: the canonical bytes, their hash, and the search copies."""
    try:
        written = canonical(body)
    except CanonicalError as error:
        raise Unrecordable(f"This cannot be recorded: {error}.") from error
    return AuditEvent(
        id=body["id"],
        at=at,
        kind=body["kind"],
        actor=actor.tag,
        subject=body["subject"],
        outcome=body["outcome"],
        environment=body["environment"] or "",
        application=body["application"] or "",
        request_id=body["request_id"] or "",
        body=written,
        leaf_hash=leaf_hash(written),
    )


def record_denial(actor: Actor, denial: Denial, code: str) -> AuditEvent:
    """Record the refusal that `denial` describes, with its stable `code`; for the adapters' exception
    handlers."""
    return append(
        kind=denial.kind,
        actor=actor,
        subject=denial.subject,
        outcome=Outcome.DENIED,
        data={**denial.data, "code": code},
        private=denial.private,
        environment=denial.environment,
        application=denial.application,
    )


def _check_call(kind: str, subject: str, outcome: str) -> None:
    if not is_kind(kind):
        raise ValueError(f"{kind!r} is not a kind of event")
    split_tag(subject)
    if outcome not in set(Outcome):
        raise ValueError(f"{outcome!r} is not an outcome")


def _clock() -> datetime:
    try:
        return now()
    except DatabaseError as error:
        raise AuditUnavailable from error


def _actor(actor: Actor) -> dict:
    """Who, by a stable id that says nothing about the person."""
    identity = {
        ActorKind.HUMAN: actor.person_id,
        ActorKind.MACHINE: actor.application,
    }.get(actor.kind, actor.name)
    who = {"kind": str(actor.kind), "id": identity, "method": str(actor.method)}
    if actor.token_id is not None:
        who["token"] = actor.token_id
    return who


def _private(actor: Actor, given: dict[str, str] | None) -> dict[str, str]:
    values = dict(given or {})
    if actor.kind == ActorKind.HUMAN:
        values.setdefault("actor", actor.name)
    if actor.ip is not None:
        values.setdefault("ip", actor.ip)
    for field, value in values.items():
        if not is_field(field):
            raise ValueError(f"{field!r} cannot name a private field")
        if not isinstance(value, str):
            raise TypeError(f"the private field {field} holds {type(value).__name__}, not text")
        try:
            check_text(value)
        except CanonicalError as error:
            raise Unrecordable(f"{field}: {error}.", errors=[_error(field, str(error))]) from error
        if len(value.encode()) > MAX_PRIVATE:
            detail = f"longer than {MAX_PRIVATE} bytes"
            raise Unrecordable(f"{field} is {detail}.", errors=[_error(field, detail)])
    return values


def _error(field: str, detail: str) -> dict:
    return {"pointer": f"/{field}", "code": Unrecordable.code, "detail": detail}


_COLUMNS = tuple(field.column for field in AuditEvent._meta.concrete_fields)
_OPENING_COLUMNS = ("event_id", "field", "nonce", "value")


def _write(event: AuditEvent, openings: list[tuple]) -> None:
    """One statement on PostgreSQL: the way there and back is what an event costs most."""
    fields = AuditEvent._meta.concrete_fields
    row = tuple(field.get_db_prep_save(getattr(event, field.attname), connection) for field in fields)
    statements = [_insert(AuditEvent, _COLUMNS, [row])]
    if openings:
        statements.append(_insert(Opening, _OPENING_COLUMNS, openings))
        if connection.vendor == "postgresql":
            (first, values), (second, more) = statements
            statements = [(f"WITH event AS ({first}) {second}", values + more)]
    try:
        with transaction.atomic(savepoint=False), connection.cursor() as cursor:
            for statement, values in statements:
                cursor.execute(statement, values)
    except DatabaseError as error:
        raise AuditUnavailable from error
    event._state.adding = False


def _insert(model: type, columns: tuple[str, ...], rows: list[tuple]) -> tuple[str, list]:
    """One INSERT and its values. Column and table names are ours."""
    marks = ", ".join([f"({', '.join(['%s'] * len(columns))})"] * len(rows))
    names = ", ".join(f'"{column}"' for column in columns)
    values = [value for row in rows for value in row]
    return f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES {marks}', values  # noqa: S608
