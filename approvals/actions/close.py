"""End a request that will not be used: its deployment ended otherwise."""

from datetime import datetime

from approvals.models import ApprovalRequest
from approvals.states import TAKES_VOTES
from kernel.actor import Actor


def close(
    *, request: ApprovalRequest, actor: Actor, state: str, superseded_by: str = "", at: datetime
) -> bool:
    """Conditional: an ended request stays as it is. True if this call ended it.

    The event is the deployment's own (`deployment.superseded`, …), written in the same transaction.
    """
    held = ApprovalRequest.objects.filter(pk=request.pk, state__in=TAKES_VOTES)
    moved = held.update(state=state, superseded_by=superseded_by, ended_at=at) == 1
    if moved:
        request.state, request.superseded_by = state, superseded_by
    return moved
