"""Turn a proposed change of configuration down, or take one's own back."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from pipelines.actions.confirm_change import closed
from pipelines.actions.propose import in_the_log
from pipelines.models import ConfigChange
from pipelines.states import ChangeState
from pipelines.subjects import get_change
from teams.names import check_reason


@transaction.atomic
def reject_change(*, actor: Actor, change_id: str, reason: str) -> ConfigChange:
    """The change, rejected; withdrawn where it is one's own. Nothing of it comes into force.

    Records `config.rejected`. Raises Forbidden, NotFound; Invalid 422 `reason_required`; Conflict 409
    `change_closed`.
    """
    change = get_change(actor, change_id)
    own = actor.is_human and actor.person_id == change.proposed_by_id
    if not own:
        require(actor, Permission.CHANGE_CONFIRM)
    reason, at = check_reason(reason, pointer="/reason"), now()
    state = ChangeState.WITHDRAWN if own else ChangeState.REJECTED
    held = ConfigChange.objects.filter(pk=change.pk, state=ChangeState.PENDING, expires_at__gt=at)
    if not held.update(state=state, decided_by_id=actor.person_id, decided_at=at, reason=reason):
        raise closed(change)
    append(
        kind="config.rejected",
        actor=actor,
        subject=f"change:{change.pk}",
        environment=change.environments[0],
        data={**in_the_log(change), "state": str(state)},
        private={"target": change.target, "reason": reason},
    )
    change.refresh_from_db()
    return change
