"""Say which roles a person has from now on."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.permissions import Permission
from teams.actions.create_person import check_roles
from teams.models import Person
from teams.queries import get_person


@transaction.atomic
def set_person_roles(*, actor: Actor, username: str, roles: list[str]) -> Person:
    """The person with exactly these roles. Records `person.changed` with before and after; without a difference
    nothing is written. Raises Forbidden, NotFound; Invalid 422 `role_unknown`."""
    require(actor, Permission.PERSON_MANAGE)
    person = get_person(actor, username)
    before, after = person.roles, check_roles(roles)
    if before == after:
        return person
    Person.objects.filter(pk=person.pk).update(roles=after)
    append(
        kind="person.changed",
        actor=actor,
        subject=f"person:{person.pk}",
        data={"change": "roles", "before": before, "after": after},
    )
    person.roles = after
    return person
