"""A person settles what reading AWS could not: with an outcome and a reason, on the record."""

from django.db import transaction

from deployments.lease import poke
from deployments.models import Deployment
from deployments.queries import get_visible
from deployments.states import NEXT, State
from deployments.transition import transition
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid

OUTCOMES = tuple(sorted(NEXT[State.NEEDS_HUMAN]))


class NotWaitingForAHuman(Conflict):
    code = "illegal_transition"
    title = "It does not wait for a person"


@transaction.atomic
def resolve(*, actor: Actor, deployment_id: str, outcome: str, reason: str) -> Deployment:
    """`outcome` ∈ OUTCOMES. Raises NotFound, Forbidden, Invalid, NotWaitingForAHuman."""
    row = get_visible(actor, deployment_id)
    require(actor, Permission.DEPLOYMENT_RESOLVE)
    if outcome not in OUTCOMES:
        detail = f"One of {', '.join(OUTCOMES)}."
        raise Invalid(errors=[{"pointer": "/outcome", "code": "outcome_invalid", "detail": detail}])
    if len(reason.strip()) < 10:
        detail = "Say in at least 10 characters what you found in AWS."
        raise Invalid(errors=[{"pointer": "/reason", "code": "reason_required", "detail": detail}])
    if row.state != State.NEEDS_HUMAN:
        raise NotWaitingForAHuman(f"It is {row.state}.")
    transition(row, State(outcome), actor=actor, at=now(), why=reason.strip(), data={"resolved": True})
    poke(row.pk)
    return row
