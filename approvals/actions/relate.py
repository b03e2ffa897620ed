"""Keep up with who had a hand in it: what runs there may change meanwhile, and with it whose commits would ship."""

from django.db import transaction

from approvals.models import ApprovalRequest
from approvals.states import TAKES_VOTES
from audit.actions.append import append
from kernel.actor import Actor


@transaction.atomic
def relate(*, request: ApprovalRequest, relations: list[dict], actor: Actor) -> bool:
    """True if they changed. Not bound content: no vote is void, but whoever is kept out now counts no longer.

    Records `approval.relations` with how many there are; the addresses stand with the request, not in the log.
    """
    if request.state not in TAKES_VOTES or request.relations == relations:
        return False
    held = ApprovalRequest.objects.filter(pk=request.pk, state__in=TAKES_VOTES)
    if held.update(relations=relations) != 1:
        return False
    request.relations = relations
    names = sorted({row["relation"] for row in relations})
    append(
        kind="approval.relations",
        actor=actor,
        subject=f"approval:{request.pk}",
        environment=request.environment_id,
        application=request.release.application_id,
        data={name: sum(row["relation"] == name for row in relations) for name in names},
    )
    return True
