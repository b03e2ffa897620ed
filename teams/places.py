"""Places in groups: who has one, and who stands in for whom. Reads only."""

from collections import defaultdict
from collections.abc import Iterable
from copy import copy
from dataclasses import replace
from datetime import datetime

from django.db.models import F, Q, QuerySet, Value

from kernel.actor import Actor
from kernel.permissions import Permission, only_audits
from teams.models import Delegation, GroupMembership, Person, TeamMembership
from teams.rules import StandIn

# The columns of StandIn, of a delegation's row.
STAND_IN = ("pk", "group_id", "principal_id", "delegate_id", "since", "until")
PERSON = ("person__username", "person__email")
STAND_IN += ("principal__username", "principal__email", "delegate__username")


def _standing() -> QuerySet[Delegation]:
    """Delegations that have not ended, of active principals who are still in the group, to active people."""
    return Delegation.objects.filter(
        ended_at__isnull=True,
        delegate__is_active=True,
        principal__is_active=True,
        principal__group_memberships__group=F("group"),
        principal__group_memberships__until__isnull=True,
    )


def stand_ins_of(group: str) -> list[StandIn]:
    """Everybody who stands in for somebody of this group, whenever, unless it ended. One query."""
    rows = Delegation.objects.filter(group=group, ended_at__isnull=True).order_by("id")
    return [StandIn(*row) for row in rows.values_list(*STAND_IN)]


def places_in(group_names: Iterable[str], at: datetime) -> tuple[dict[str, list[Person]], list[StandIn]]:
    """(members_of(group_names), who stands in for whom there at `at`). One query; the people have id, username,
    e-mail and roles only. Who only audits stands in for nobody."""
    found: dict[str, list[Person]] = {name: [] for name in group_names}
    members = GroupMembership.objects.filter(
        group__in=list(found), until__isnull=True, person__is_active=True
    )
    own = members.values_list(
        Value(""), "group_id", "person_id", Value(""), "since", "until", *PERSON, Value(""), "person__roles"
    )
    lent = _standing().filter(group__in=list(found), since__lte=at, until__gt=at)
    rows = lent.order_by().values_list(*STAND_IN, "delegate__roles").union(own.order_by(), all=True)
    stand_ins = []
    for *row, roles in sorted(rows, key=lambda row: (row[0], row[6])):
        if not row[0]:
            found[row[1]].append(Person(pk=row[2], username=row[6], email=row[7], roles=roles))
        elif not only_audits(roles):
            stand_ins.append(StandIn(*row))
    return found, stand_ins


def visible_delegations(actor: Actor) -> QuerySet[Delegation]:
    """All for whoever sees everything or manages groups; people see those of the groups they are in, and those they
    gave or have; machines none."""
    rows = Delegation.objects.select_related("principal", "delegate")
    if actor.may(Permission.SEE_EVERYTHING) or actor.may(Permission.GROUP_MANAGE):
        return rows
    if not actor.is_human:
        return rows.none()
    mine = Q(principal=actor.person_id) | Q(delegate=actor.person_id)
    return rows.filter(mine | Q(group__in=actor.groups))


def as_of_now(actor: Actor) -> Actor:
    """The same caller with the groups, teams and lent places of this moment, not of when they were let in; whoever is
    no person stays as they are. For what is decided under a lock. One query."""
    if actor.person_id is None:
        return actor
    groups, teams, stands_in = memberships_of(actor.person_id)
    # A page's actor is a lazy wrapper, which only a copy takes off.
    return replace(copy(actor), groups=groups, teams=teams, stands_in=stands_in)


def memberships_of(person_id: str) -> tuple[frozenset[str], frozenset[str], tuple[StandIn, ...]]:
    """The names of the person's groups and of the person's teams now, and in whose place they may vote, each at its
    time. One query for all."""
    lent = _standing().filter(delegate=person_id).order_by().values_list(*STAND_IN)
    nobody = (Value(""), "since", "until", Value(""), Value(""), Value(""))
    groups = GroupMembership.objects.filter(person=person_id, until__isnull=True)
    teams = TeamMembership.objects.filter(person=person_id, until__isnull=True)
    found, stands_in = defaultdict(set), []
    for row in lent.union(
        groups.values_list(Value("group"), "group_id", "person_id", *nobody),
        teams.values_list(Value("team"), "team_id", "person_id", *nobody),
        all=True,
    ):
        if row[3]:
            stands_in.append(StandIn(*row))
        else:
            found[row[0]].add(row[1])
    stands_in.sort(key=lambda one: one.delegation)
    return frozenset(found["group"]), frozenset(found["team"]), tuple(stands_in)
