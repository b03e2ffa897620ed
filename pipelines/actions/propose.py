"""The one way in for configuration: in force at once, or kept until a second person confirms it."""

from dataclasses import dataclass

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor
from kernel.clock import now
from pipelines.actions.attempt import Attempt, attempt
from pipelines.change_rules import LIVES, digest
from pipelines.models import ConfigChange
from pipelines.subjects import set_up_since


@dataclass(frozen=True)
class Proposed:
    """`result`: the object, in force; or the `change` that waits for a second person."""

    result: object = None
    change: ConfigChange | None = None


class _NeedsSecondPerson(Exception):
    """Undoes the attempt; what it would have done goes along."""

    def __init__(self, tried: Attempt):
        self.tried = tried


@transaction.atomic
def propose(*, actor: Actor, kind: str, **request) -> Proposed:
    """Do `kind` (pipelines.actions.attempt.VERBS) with `request`, unless a second person must confirm it.

    It is always tried, so whoever proposes gets every refusal that the change itself would get; what must wait is
    then rolled back and kept as data. Until the first accepted build nothing waits. Records what the verb records,
    or `config.proposed`. Raises what the verb's action raises.
    """
    try:
        with transaction.atomic():
            tried = attempt(actor, kind, request)
            if tried.diff and tried.environments and set_up_since() is not None:
                raise _NeedsSecondPerson(tried)
    except _NeedsSecondPerson as needs:
        return Proposed(change=_keep(actor, kind, request, needs.tried))
    return Proposed(result=tried.result)


def _keep(actor: Actor, kind: str, request: dict, tried: Attempt) -> ConfigChange:
    at = now()
    change = ConfigChange.objects.create(
        kind=kind,
        target=tried.target,
        request=request,
        base=tried.base,
        diff=tried.diff,
        proposed=tried.after,
        environments=sorted(tried.environments),
        proposed_by_id=actor.person_id,
        proposed_via=actor.as_record(),
        proposed_at=at,
        expires_at=at + LIVES,
    )
    append(
        kind="config.proposed",
        actor=actor,
        subject=f"change:{change.pk}",
        environment=change.environments[0],
        data=in_the_log(change),
        private={"target": change.target},
    )
    return change


def in_the_log(change: ConfigChange) -> dict:
    """What every event about a change holds: what is to change, and the digest of the exact difference. The
    difference itself may hold free text; it stays with the change."""
    return {
        "change": change.kind,
        "fields": [row["pointer"] for row in change.diff][:100],
        "diff": digest(change.diff),
        "environments": change.environments,
        "proposed_by": f"user:{change.proposed_by_id}",
    }
