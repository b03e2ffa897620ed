"""Who stands in for me, for whom I stand in, and what of it still waits for a second person."""

from dataclasses import dataclass

from django.db.models import Q

from insights.frame import Frame
from pipelines.models import ConfigChange
from pipelines.states import ChangeState
from pipelines.subjects import visible_changes
from teams.models import Delegation
from teams.places import visible_delegations

MOST, ENDED = 200, 20
KIND = "delegation.make"


@dataclass(frozen=True)
class DelegationRow:
    """`state`: standing, coming or ended; `mine`: this person gave it."""

    row: Delegation
    state: str
    mine: bool


@dataclass(frozen=True)
class DelegationsPage:
    """`given` and `received`: those that stand or are to come, the first to end first; `ended`: the last ones of both.
    `groups`: choices of a place to lend, (value, text); `pending`: what they proposed and nobody has confirmed yet."""

    groups: list[tuple[str, str]]
    given: list[DelegationRow]
    received: list[DelegationRow]
    ended: list[DelegationRow]
    pending: list[ConfigChange]


def read_delegations(frame: Frame) -> DelegationsPage:
    """Three queries."""
    me = frame.actor.person_id
    own = visible_delegations(frame.actor).filter(Q(principal=me) | Q(delegate=me))
    alive = own.filter(ended_at__isnull=True, until__gt=frame.now).order_by("until", "id")[:MOST]
    over = own.exclude(ended_at__isnull=True, until__gt=frame.now).order_by("-until", "-id")[:ENDED]
    rows = [_row(frame, one) for one in alive]
    waits = visible_changes(frame.actor).filter(kind=KIND, state=ChangeState.PENDING, proposed_by=me)
    return DelegationsPage(
        groups=[(name, name) for name in sorted(frame.actor.groups)],
        given=[row for row in rows if row.mine],
        received=[row for row in rows if not row.mine],
        ended=[_row(frame, one) for one in over],
        pending=list(waits.filter(expires_at__gt=frame.now).order_by("expires_at", "id")[:MOST]),
    )


def _row(frame: Frame, row: Delegation) -> DelegationRow:
    over = row.ended_at is not None or row.until <= frame.now
    state = "ended" if over else "coming" if row.since > frame.now else "standing"
    return DelegationRow(row, state, row.principal_id == frame.actor.person_id)
