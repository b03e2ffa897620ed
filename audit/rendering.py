"""How one event looks on the wire: the sealed body, with the commitments opened for whoever may read them."""

import json

from kernel.actor import Actor
from kernel.permissions import Permission

# What only an auditor reads, though the event itself is visible to others.
AUDITOR_ONLY = frozenset({"ip"})


def as_item(event, actor: Actor) -> dict:
    """One item of `GET /audit/events`. `event` has `leaf` selected and `openings` prefetched.

    `actor` is the username where the event has one, else the tag. `private` holds the opened values; None
    stands for a value that was erased (its commitment is kept).
    """
    body = json.loads(bytes(event.body))
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
        "method": body["actor"]["method"],
        "subject": body["subject"],
        "outcome": body["outcome"],
        "environment": body["environment"],
        "application": body["application"],
        "data": body["data"],
        "private": {name: opened.get(name) for name in fields if name != "actor"},
        "request_id": body["request_id"],
    }
