"""What a started deployment's state says while an answer is lost: `uncertain`, never failed or succeeded."""

from django.db import transaction

from deployments.engine import journal
from deployments.engine.drive import Moved
from deployments.engine.work import Again, Work
from deployments.states import State
from deployments.transition import transition
from kernel.clock import now


def settle_doubt(work: Work, phase: State, moved: Moved) -> Again:
    """Go to `uncertain` with the doubt, back to `phase` when it is gone, to `needs_human` when reading won't help."""
    deployment = work.deployment
    if moved.stuck:
        _move(work, State.NEEDS_HUMAN, moved.doubt)
        return Again(None)
    if moved.doubt and deployment.state != State.UNCERTAIN:
        _move(work, State.UNCERTAIN, moved.doubt)
    elif not moved.doubt and deployment.state == State.UNCERTAIN:
        _move(work, phase, "AWS has been read; going on.")
    return moved.again


def _move(work: Work, to: State, why: str) -> None:
    with transaction.atomic():
        journal.fence(work.deployment)
        at = now()
        reasons = [{"code": str(to), "text": why, "object": None, "until": None, "how_to_clear": None}]
        kept = reasons if to in (State.UNCERTAIN, State.NEEDS_HUMAN) else []
        transition(work.deployment, to, actor=work.actor, at=at, why=why, reasons=kept)
        journal.log(work.deployment, [f"{to}: {why}"], at)
