"""Somebody who may administer stays, whatever roles and access are taken away."""

from kernel.permissions import ADMINISTRATOR
from kernel.refusals import Conflict
from teams.models import Person


def check_an_administrator_stays(person: Person) -> None:
    """Raises 409 `last_administrator` where there is no active one beside this person, who is one. Locks the people,
    always in the same order, so that two of them do not take it from each other at the same moment."""
    active = list(Person.objects.select_for_update().filter(is_active=True).order_by("pk"))
    administrators = {one.pk for one in active if ADMINISTRATOR in one.roles}
    if administrators == {person.pk}:
        detail = f"{person.username} is the last administrator: make another one first."
        raise Conflict(detail, code="last_administrator")
