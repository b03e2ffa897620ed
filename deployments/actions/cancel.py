"""Cancel: at once before the start, at the next safe point after it, and never past the point of no return."""

from django.db import transaction

from audit.actions.append import append
from deployments.lease import poke
from deployments.models import Deployment, Intent
from deployments.queries import get_visible
from deployments.states import PENDING, State
from deployments.transition import transition
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid, LostRace

TRIES = 5  # a worker may move it between two waiting states while we look


class TooLate(Conflict):
    code = "point_of_no_return"
    title = "It can no longer be cancelled"


class AlreadyEnded(Conflict):
    code = "already_ended"
    title = "It has ended already"


@transaction.atomic
def cancel(*, actor: Actor, deployment_id: str, reason: str) -> Deployment:
    """A repeated cancel gives the same answer. Raises NotFound, Forbidden, Invalid, TooLate, AlreadyEnded."""
    row = get_visible(actor, deployment_id)
    if row.requested_by_tag != actor.tag:
        require(actor, Permission.DEPLOYMENT_CANCEL, team=row.release.application.team_id)
    if not reason.strip():
        raise Invalid(errors=[{"pointer": "/reason", "code": "reason_required", "detail": "Say why."}])
    for _ in range(TRIES):
        if row.state == State.CANCELLED or row.cancel_requested_at:
            return row
        try:
            return _cancel(actor, row, reason.strip())
        except LostRace:
            row = get_visible(actor, deployment_id)
    raise TooLate("It keeps moving; try again.")


def _cancel(actor: Actor, row: Deployment, reason: str) -> Deployment:
    at = now()
    if row.state in PENDING:
        with transaction.atomic():
            transition(
                row,
                State.CANCELLED,
                actor=actor,
                at=at,
                why=reason,
                cancel_reason=reason,
                cancel_requested_by=actor.name,
            )
        poke(row.pk)
        return row
    if row.state != State.RUNNING:
        kind = AlreadyEnded if row.ended_at else TooLate
        raise kind(f"It is {row.state}; what was changed stays until it is rolled back or replaced.")
    return _ask(actor, row, reason, at)


def _ask(actor: Actor, row: Deployment, reason: str, at) -> Deployment:
    """Running, and perhaps nothing sent yet: the worker looks before its first change, the only safe point."""
    held = Deployment.objects.filter(pk=row.pk, state=State.RUNNING, cancel_requested_at=None)
    if held.update(cancel_requested_at=at, cancel_requested_by=actor.name, cancel_reason=reason) != 1:
        raise LostRace
    # Looked at under the row's lock: a worker that intends its first change at this instant is seen, or sees us.
    if Intent.objects.filter(deployment=row, purpose="apply").exists():
        raise TooLate("AWS is already being changed; stopping in the middle would leave it half done.")
    append(
        kind="deployment.cancel_requested",
        actor=actor,
        subject=f"deployment:{row.pk}",
        environment=row.environment_id,
        application=row.application_id,
        data={},
        private={"reason": reason},
    )
    poke(row.pk)
    row.refresh_from_db()
    return row
