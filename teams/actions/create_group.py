"""A group that may fill slots of gates."""

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from teams.models import Group, GroupMembership
from teams.names import check_name
from teams.queries import people_named


@transaction.atomic
def create_group(*, actor: Actor, name: str, members: list[str]) -> Group:
    """A new group with these usernames in it. Records `group.changed` with the person ids.

    Raises Forbidden; Invalid 422 `name_invalid`, `person_unknown`, `person_twice`; Conflict 409
    `already_exists`.
    """
    require(actor, Permission.GROUP_MANAGE)
    check_name(name)
    people = people_named(members, pointer="/members")
    at = now()
    try:
        with transaction.atomic():
            group = Group.objects.create(name=name, created_at=at)
    except IntegrityError as error:
        raise Conflict("There is a group of this name.", code="already_exists") from error
    GroupMembership.objects.bulk_create(
        GroupMembership(group=group, person=person, since=at) for person in people
    )
    append(
        kind="group.changed",
        actor=actor,
        subject=f"group:{name}",
        data={"change": "created", "added": sorted(person.pk for person in people), "removed": []},
    )
    return group
