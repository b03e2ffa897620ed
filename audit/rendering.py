"""How one event looks on the wire: the sealed body, with the commitments opened for whoever may read them."""

import json

from audit.canonical import wire_instant
from audit.models import stored_bytes
from kernel.actor import Actor
from kernel.permissions import Permission

# What only an auditor reads, though the event itself is visible to others.
AUDITOR_ONLY = frozenset({"ip"})


def as_item(event, actor: Actor) -> dict:
    """One item of `GET /audit/events`. `event` has `leaf` selected and `openings` prefetched.

    `actor` is the username where the event has one, else the tag. `private` holds the opened values; None
    stands for a value that was erased (its commitment is kept).
    """
    body = _body(event)
    leaf = getattr(event, "leaf", None)  # no leaf until sealed
    opened = {opening.field: opening.value for opening in event.openings.all()}
    fields = [
        name for name in body["private"] if name not in AUDITOR_ONLY or actor.may(Permission.AUDIT_READ)
    ]
    return {
        "id": event.pk,
        "leaf_index": leaf.leaf_index if leaf else None,
        "at": body["at"],
        "kind": body["kind"],
        "actor": opened.get("actor", event.actor),
        "actor_tag": event.actor,
        "method": body["actor"].get("method"),
        "subject": body["subject"],
        "outcome": body["outcome"],
        "environment": body["environment"],
        "application": body["application"],
        "data": body["data"],
        "private": {name: opened.get(name) for name in fields if name != "actor"},
        "request_id": body["request_id"],
    }


def _body(event) -> dict:
    """The body, or, where somebody damaged it, what the search copies still say and nothing as data: the list
    stays readable, and the verifier names the leaf."""
    copies = {
        name: getattr(event, name) for name in ("kind", "subject", "outcome", "environment", "application")
    }
    copies |= {
        "at": wire_instant(event.at),
        "request_id": event.request_id,
        "actor": {},
        "data": {},
        "private": {},
    }
    try:
        body = json.loads(stored_bytes(event.body))
    except ValueError:
        return copies
    intact = isinstance(body, dict) and all(
        isinstance(body.get(key), dict) for key in ("actor", "data", "private")
    )
    return {**copies, **body} if intact else copies
