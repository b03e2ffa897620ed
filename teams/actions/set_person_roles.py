"""Say which roles a person has from now on."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import ADMINISTRATOR, Permission
from teams.actions.create_person import check_roles
from teams.actions.keep_role_history import keep_role_history
from teams.administrators import check_an_administrator_stays
from teams.models import Person
from teams.queries import get_person


@transaction.atomic
def set_person_roles(*, actor: Actor, username: str, roles: list[str]) -> Person:
    """The person with exactly these roles. Records `person.changed` with before and after; without a difference
    nothing is written. Raises Forbidden, NotFound; Invalid 422 `role_unknown`; Conflict 409 `last_administrator`."""
    require(actor, Permission.PERSON_MANAGE)
    person, after = get_person(actor, username), check_roles(roles)
    if ADMINISTRATOR not in after:
        check_an_administrator_stays(person)  # first: it locks everybody in one order
    person = Person.objects.select_for_update().get(pk=person.pk)
    before = person.roles
    if before == after:
        return person
    Person.objects.filter(pk=person.pk).update(roles=after)
    keep_role_history(actor=actor, person=person, before=before, after=after, at=now())
    append(
        kind="person.changed",
        actor=actor,
        subject=f"person:{person.pk}",
        data={"change": "roles", "before": before, "after": after},
    )
    person.roles = after
    return person
