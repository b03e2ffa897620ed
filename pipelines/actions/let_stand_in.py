"""Ask to let somebody stand in for oneself in a group: at once, or when a second person has confirmed it (ADR 0021)."""

from datetime import datetime

from audit.canonical import wire_instant
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Invalid
from pipelines.actions.propose import Proposed, propose


def let_stand_in(
    *, actor: Actor, group: str, to: str, since: datetime | None, until: datetime, reason: str
) -> Proposed:
    """The delegation, or the change that waits where the group fills a slot of a protected gate. `since` None: now.

    Raises Invalid 422 `from_in_the_past` and what teams.actions.delegate raises.
    """
    at = now()
    if since is not None and since < at:
        detail = "Nobody stood in before it was agreed. Leave it out to begin at once."
        raise Invalid(errors=[{"pointer": "/from", "code": "from_in_the_past", "detail": detail}])
    return propose(
        actor=actor,
        kind="delegation.make",
        group=group,
        to=to.strip().lower(),
        since=wire_instant(since or at),
        until=wire_instant(until),
        reason=reason,
    )
