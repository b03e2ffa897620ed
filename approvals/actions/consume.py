"""Use an approval up, in the transaction that starts the deployment: it can never start twice."""

from datetime import datetime

from approvals.models import ApprovalRequest
from approvals.states import ApprovalState
from kernel.actor import Actor
from kernel.refusals import LostRace


def consume(*, request: ApprovalRequest, content_hash: str, actor: Actor, at: datetime) -> None:
    """satisfied → consumed by one conditional UPDATE on exactly this content; LostRace if anything moved.

    Called inside the start's transaction; that transaction's `deployment.running` event names the approval, its
    content and its votes, so no event of its own is written.
    """
    held = ApprovalRequest.objects.filter(
        pk=request.pk, state=ApprovalState.SATISFIED, content_hash=content_hash
    )
    if held.update(state=ApprovalState.CONSUMED, consumed_at=at, ended_at=at) != 1:
        raise LostRace
    request.state, request.consumed_at = ApprovalState.CONSUMED, at
