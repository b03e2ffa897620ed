"""A newer release makes older requests of the same lane pointless: they end as superseded, with a link.

It happens in the transaction that satisfies the newer one's gate (without a gate: the one that starts it).
"""

from datetime import datetime

from deployments.decision import with_everything
from deployments.lease import poke
from deployments.models import Deployment
from deployments.states import PENDING, State
from deployments.transition import transition
from kernel.actor import Actor
from kernel.refusals import LostRace


def supersede_older(*, deployment: Deployment, actor: Actor, at: datetime) -> list[str]:
    """End older pending deployments of the lane; returns their ids. Newer = cut later = greater release id.

    A rollback and a break-glass supersede nothing, and the lane's policy must be `supersede`.
    """
    if deployment.kind != "deploy" or deployment.break_glass or deployment.environment.lane != "supersede":
        return []
    older = Deployment.objects.filter(
        application_id=deployment.application_id,
        environment_id=deployment.environment_id,
        kind="deploy",
        break_glass=False,
        state__in=PENDING,
        release_id__lt=deployment.release_id,
    ).exclude(pk=deployment.pk)
    ended = []
    for row in with_everything(older).order_by("id"):
        why = f"{deployment.version} was cut later and goes instead."
        try:
            transition(
                row,
                State.SUPERSEDED,
                actor=actor,
                at=at,
                why=why,
                data={"by": deployment.pk},
                superseded_by=deployment,
            )
        except LostRace:
            continue  # it moved just now; if it is still pending the next start or vote sees it
        ended.append(row.pk)
    poke(*ended)
    return ended
