"""Let a human in; to make an administrator of them takes a second person."""

from django.db import transaction

from kernel.actor import Actor
from kernel.permissions import ADMINISTRATOR
from pipelines.actions.propose import propose
from pipelines.models import ConfigChange
from pipelines.subjects import set_up_since
from teams.actions.create_person import create_person
from teams.models import Person


@transaction.atomic
def admit_person(*, actor: Actor, roles: list[str] = (), **details) -> tuple[Person, ConfigChange | None]:
    """The new person and, where one has to be confirmed, the change that gives them their roles; until then they
    have those that need nobody's word. Records and raises as teams.actions.create_person.
    """
    if ADMINISTRATOR not in roles or set_up_since() is None:
        return create_person(actor=actor, roles=roles, **details), None
    plain = [role for role in roles if role != ADMINISTRATOR]
    person = create_person(actor=actor, roles=plain, **details)
    asked = propose(actor=actor, kind="person.roles", username=person.username, roles=list(roles))
    person.refresh_from_db()
    return person, asked.change
