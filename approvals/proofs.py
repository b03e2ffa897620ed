"""Which votes are proven: by their event in the log, and by their passkey's signature where one is asked for.

A row in the votes table is not enough: somebody who can write to the database is not somebody who may approve.
"""

import json
from collections.abc import Iterable

from django.conf import settings

from approvals.models import ApprovalRequest, Vote
from approvals.statement import origin_of, problem, read_stored
from approvals.states import Decision
from audit.canonical import wire_instant
from audit.merkle import leaf_hash
from audit.models import AuditEvent, stored_bytes


def unproven(request: ApprovalRequest, votes: Iterable[Vote], *, own: str | None = None) -> dict[str, str]:
    """{vote id: why it does not count}: `content_differs`, `not_in_log`, `log_differs`, `withdrawn_in_log`,
    `delegation_not_in_log`, `signature_missing`, `statement_differs`, `statement_expired`, `passkey_not_in_log`, or
    a code of statement.problem. At most three queries, none without votes.

    `own`: the vote being cast in this transaction; its event is written after the gate is judged with it.
    """
    votes = [vote for vote in votes if vote.decision == Decision.APPROVE and vote.pk != own]
    if not votes:
        return {}
    cast, withdrawn = _events(request)
    keys = _enrolled(vote.person_id for vote in votes if vote.signature)
    lent = _lent(vote.delegation_id for vote in votes if vote.delegation_id)
    found = {}
    for vote in votes:
        why = (
            _logged(request, vote, cast.get(vote.pk), withdrawn)
            or _delegated(vote, lent)
            or _signed(request, vote, keys)
        )
        if why:
            found[vote.pk] = why
    return found


def _logged(request: ApprovalRequest, vote: Vote, body: dict | None, withdrawn: set[str]) -> str | None:
    if vote.content_hash != request.content_hash:
        return "content_differs"
    if body is None:
        return "not_in_log"
    if vote.pk in withdrawn:
        return "withdrawn_in_log"
    actor, data = body["actor"], body["data"]
    same = (
        (actor["kind"], actor["id"]) == ("human", vote.person_id)
        and data["decision"] == vote.decision
        and data["content_hash"] == vote.content_hash
        and data["groups"] == vote.groups
        and data.get("signature") == vote.signature
        and data.get("delegation") == vote.delegation_id
        and (vote.delegation_id is None or data.get("on_behalf_of") == vote.delegation.principal_id)
    )
    return None if same else "log_differs"


def _signed(request: ApprovalRequest, vote: Vote, keys: set[tuple[str, str, str]]) -> str | None:
    if vote.signature is None:
        return "signature_missing" if request.gate["step_up"] else None
    try:
        stated, assertion, public_key = read_stored(vote.signature)
    except ValueError:
        return "assertion_malformed"
    wanted = (request.pk, vote.decision, vote.content_hash, vote.person_id)
    if tuple(stated.get(n) for n in ("approval", "decision", "content_hash", "approver")) != wanted:
        return "statement_differs"
    if wire_instant(vote.at) > str(stated.get("not_after")):
        return "statement_expired"
    if (vote.person_id, vote.signature["credential"], vote.signature["public_key"]) not in keys:
        return "passkey_not_in_log"
    return problem(
        assertion,
        stated,
        public_key=public_key,
        rp_id=settings.PASSKEY_RP_ID,
        origin=origin_of(settings.PUBLIC_URL),
    )


def _events(request: ApprovalRequest) -> tuple[dict[str, dict], set[str]]:
    """({vote id: the body of its event}, ids of votes taken back), read from bytes whose hashes are right."""
    cast, withdrawn = {}, set()
    for body in _bodies("vote.cast", [f"approval:{request.pk}"]):
        data = body["data"]
        if data["decision"] == Decision.WITHDRAW:
            withdrawn.add(data["vote"])
        else:
            cast[data["vote"]] = body
    return cast, withdrawn


def _delegated(vote: Vote, lent: dict[str, dict]) -> str | None:
    """A delegation that somebody slipped into a table lends no place."""
    if vote.delegation_id is None:
        return None
    made = lent.get(vote.delegation_id, {})
    said = [[made.get("group")], made.get("principal"), made.get("delegate")]
    same = said == [vote.groups, vote.delegation.principal_id, vote.person_id]
    return None if same else "delegation_not_in_log"


def _lent(ids: Iterable[str]) -> dict[str, dict]:
    """{delegation: what the log says it is}."""
    subjects = sorted({f"delegation:{pk}" for pk in ids})
    bodies = _bodies("delegation.made", subjects) if subjects else []
    return {body["subject"].removeprefix("delegation:"): body["data"] for body in bodies}


def _enrolled(person_ids: Iterable[str]) -> set[tuple[str, str, str]]:
    """(person, credential, public key) that were enrolled, by the log: a key that somebody slipped into a table
    signs nothing."""
    subjects = sorted({f"person:{person_id}" for person_id in person_ids})
    bodies = _bodies("passkey.added", subjects) if subjects else []
    return {
        (body["subject"].removeprefix("person:"), body["data"]["credential"], body["data"]["public_key"])
        for body in bodies
        if body["actor"]["id"] == body["subject"].removeprefix("person:")
    }


def _bodies(kind: str, subjects: list[str]) -> list[dict]:
    rows = AuditEvent.objects.filter(kind=kind, subject__in=subjects, outcome="allowed")
    bodies = []
    for event in rows.select_related("leaf").order_by("id"):
        written = stored_bytes(event.body)
        hashes = {leaf_hash(written), stored_bytes(event.leaf_hash)}
        if hasattr(event, "leaf"):
            hashes.add(stored_bytes(event.leaf.leaf_hash))
        body = json.loads(written) if len(hashes) == 1 else {}
        # The columns are search copies; only the hashed bytes are believed.
        if (body.get("kind"), body.get("subject"), body.get("id")) == (kind, event.subject, event.pk):
            bodies.append(body)
    return bodies
