"""End requests whose time is over: pending ones by expires_at, satisfied ones by valid_until."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from approvals.models import ApprovalRequest
from approvals.states import ApprovalState


@transaction.atomic
def expire_due(at: datetime) -> list[str]:
    """The ids of the deployments whose approval lapsed just now; they end as `expired` when they are advanced.

    The event is theirs (`deployment.expired`): one fact, one event.
    """
    lapsed = Q(state__in=(ApprovalState.OPEN, ApprovalState.VOID), expires_at__lte=at) | Q(
        state=ApprovalState.SATISFIED, valid_until__lte=at
    )
    ended = []
    for row in ApprovalRequest.objects.filter(lapsed).order_by("id")[:500]:
        held = ApprovalRequest.objects.filter(pk=row.pk, state=row.state)
        if held.update(state=ApprovalState.EXPIRED, ended_at=at) == 1:
            ended.append(row.deployment)
    return ended
