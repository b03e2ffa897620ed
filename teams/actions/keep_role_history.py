"""Keep who had which role from when to when."""

from datetime import datetime

from kernel.actor import Actor
from teams.models import Person, RoleGrant


def keep_role_history(
    *, actor: Actor, person: Person, before: list[str], after: list[str], at: datetime
) -> None:
    """Ends the time of the roles that are gone and begins that of the new ones, inside the caller's transaction,
    which writes the event."""
    gone = RoleGrant.objects.filter(person=person, role__in=set(before) - set(after), until=None)
    gone.update(until=at, ended_by=actor.tag)
    RoleGrant.objects.bulk_create(
        RoleGrant(person=person, role=role, since=at, granted_by=actor.tag)
        for role in sorted(set(after) - set(before))
    )
