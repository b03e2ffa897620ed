"""The only writer of Deployment.state: one guarded conditional UPDATE, its audit event, and the read models.

Not SELECT FOR UPDATE: SQLite drops FOR UPDATE without a word, a conditional UPDATE holds on both databases.
"""

from datetime import datetime

from django.db.models import F

from approvals.actions.close import close
from approvals.states import ApprovalState
from audit.actions.append import append
from deployments import history
from deployments.models import Deployment, Lane
from deployments.states import HOLDS_LANE, NEXT, TERMINAL, State
from kernel.actor import Actor
from kernel.refusals import LostRace

# How an approval that was not used up ends, by the state its deployment ended in.
APPROVAL_ENDS = {State.REJECTED: ApprovalState.REJECTED, State.EXPIRED: ApprovalState.EXPIRED}


def transition(
    deployment: Deployment,
    to: State,
    *,
    actor: Actor,
    at: datetime,
    why: str = "",
    data: dict | None = None,
    **columns,
) -> None:
    """Move `deployment` (as it was read) to `to`, or raise LostRace if somebody moved it first.

    A worker passes the row it claimed: its `lease_epoch` then fences the write. `columns` are set in the same
    statement. Raises ValueError for an edge that is not in the table: a bug, never a user's error.
    """
    expected = State(deployment.state)
    if to not in NEXT[expected]:
        raise ValueError(f"{expected} -> {to} is not a step")
    if to in TERMINAL:
        columns.setdefault("ended_at", at)
    columns.setdefault("waiting_for", "")
    moved = Deployment.objects.filter(
        pk=deployment.pk,
        state=expected,
        state_version=deployment.state_version,
        lease_epoch=deployment.lease_epoch,
    ).update(state=to, state_version=F("state_version") + 1, **columns)
    if moved != 1:
        raise LostRace
    for name, value in {**columns, "state": to, "state_version": deployment.state_version + 1}.items():
        setattr(deployment, name, value)
    append(
        kind=f"deployment.{to}",
        actor=actor,
        subject=f"deployment:{deployment.pk}",
        environment=deployment.environment_id,
        application=deployment.application_id,
        data={"from": str(expected), "to": str(to), "version": deployment.version, **(data or {})},
        private={"why": why} if why else None,
    )
    _move_lane(deployment, expected, to)
    if to in TERMINAL:
        _close_approval(deployment, to, actor, at)
    history.record(deployment)


def _close_approval(deployment: Deployment, to: State, actor: Actor, at: datetime) -> None:
    """An approval that was not consumed ends with its deployment."""
    if deployment.approval is None:
        return
    close(
        request=deployment.approval,
        actor=actor,
        state=APPROVAL_ENDS.get(to, ApprovalState.CLOSED),
        superseded_by=deployment.superseded_by_id or "",
        at=at,
    )


def _move_lane(deployment: Deployment, before: State, to: State) -> None:
    """What runs where is current in the transaction that changes it; the board reads nothing else."""
    lane = Lane.objects.filter(
        application_id=deployment.application_id, environment_id=deployment.environment_id
    )
    if to in HOLDS_LANE and before not in HOLDS_LANE:
        Lane.objects.get_or_create(
            application_id=deployment.application_id, environment_id=deployment.environment_id
        )
        lane.update(in_progress=deployment)
    elif before in HOLDS_LANE and to not in HOLDS_LANE:
        changes = {"in_progress": None}
        if to == State.SUCCEEDED:
            changes |= {"deployment": deployment, "version": deployment.version, "since": deployment.ended_at}
        elif to == State.ROLLBACK_FAILED:
            # Neither the new nor the old release is known to run there: say so rather than guess.
            changes |= {"deployment": deployment, "version": "", "since": deployment.ended_at}
        lane.update(**changes)
