"""What a started deployment's state says while an answer is lost: `uncertain`, never failed or succeeded."""

from django.db import transaction

from deployments.engine import journal
from deployments.engine.drive import Moved
from deployments.engine.work import Again, Work
from deployments.states import State
from deployments.transition import transition
from kernel.clock import now

CLEARED_BY = {
    State.UNCERTAIN: "It is read again by itself, and goes on once AWS answers.",
    State.NEEDS_HUMAN: "Look into AWS, then record what is true there (resolve), with a reason.",
}


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
        about = {"object": f"account:{work.deployment.environment.account_id}", "until": None}
        how = CLEARED_BY.get(to)
        kept = [{"code": str(to), "text": why, **about, "how_to_clear": how}] if how else []
        transition(work.deployment, to, actor=work.actor, at=at, why=why, reasons=kept)
        journal.log(work.deployment, [f"{to}: {why}"], at)
