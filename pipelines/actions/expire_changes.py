"""End the proposals that nobody confirmed in time."""

from datetime import datetime

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor
from pipelines.actions.propose import in_the_log
from pipelines.models import ConfigChange
from pipelines.states import ChangeState


@transaction.atomic
def expire_changes(at: datetime) -> int:
    """How many lapsed by `at`. Records `config.expired` for each."""
    ended = 0
    for change in ConfigChange.objects.filter(state=ChangeState.PENDING, expires_at__lte=at).order_by("id")[
        :500
    ]:
        held = ConfigChange.objects.filter(pk=change.pk, state=ChangeState.PENDING)
        if held.update(state=ChangeState.EXPIRED, decided_at=at):
            ended += 1
            append(
                kind="config.expired",
                actor=Actor.system("expirer"),
                subject=f"change:{change.pk}",
                environment=change.environments[0],
                data=in_the_log(change),
                private={"target": change.target},
            )
    return ended
