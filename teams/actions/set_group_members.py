"""Say who is in a group from now on; who was in it before stays on record."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.bell import ring
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import NotFound
from teams.actions.end_delegation import end
from teams.models import Delegation, Group, GroupMembership
from teams.names import is_name
from teams.queries import people_named


@transaction.atomic
def set_group_members(*, actor: Actor, name: str, members: list[str]) -> Group:
    """The group `name` with exactly these usernames. Leavers get `until`, joiners a new row: the past is
    kept.

    Records `group.changed` with the ids added and removed; when nothing changes, nothing is recorded.
    Raises Forbidden, NotFound; Invalid 422 `person_unknown`, `person_twice`.
    """
    require(actor, Permission.GROUP_MANAGE)
    # The row lock puts two simultaneous changes in order on PostgreSQL; on SQLite transactions are immediate.
    group = Group.objects.select_for_update().filter(pk=name).first() if is_name(name) else None
    if group is None:
        raise NotFound()
    wanted = {person.pk for person in people_named(members, pointer="/members")}
    current = GroupMembership.objects.filter(group=group, until__isnull=True)
    present = set(current.values_list("person_id", flat=True))
    added, removed = wanted - present, present - wanted
    if not added and not removed:
        return group
    at = now()
    current.filter(person__in=removed).update(until=at)
    GroupMembership.objects.bulk_create(
        GroupMembership(group=group, person_id=person, since=at) for person in sorted(added)
    )
    for row in Delegation.objects.filter(group=group, principal__in=removed, ended_at__isnull=True):
        end(actor, row, at, why="left the group")  # coming back does not bring it back
    ring("pipelines.look_at_gates", name, queue="default")  # can the gates that ask for this group be filled?
    append(
        kind="group.changed",
        actor=actor,
        subject=f"group:{name}",
        data={"change": "members", "added": sorted(added), "removed": sorted(removed)},
    )
    return group
