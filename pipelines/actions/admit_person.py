"""Let a human in; to give them the power to confirm or to break the glass takes a second person."""

from django.db import transaction

from kernel.actor import Actor
from pipelines.actions.propose import propose
from pipelines.change_rules import gains_second_key
from pipelines.models import ConfigChange
from pipelines.subjects import set_up_since
from teams.actions.create_person import create_person
from teams.models import Person


@transaction.atomic
def admit_person(*, actor: Actor, roles: list[str] = (), **details) -> tuple[Person, ConfigChange | None]:
    """The new person and, where one has to be confirmed, the change that gives them their roles; until then they
    have those that need nobody's word. Records and raises as teams.actions.create_person.
    """
    plain = [role for role in roles if not gains_second_key(None, {"roles": [role]})]
    if len(plain) == len(roles) or set_up_since() is None:
        return create_person(actor=actor, roles=roles, **details), None
    person = create_person(actor=actor, roles=plain, **details)
    asked = propose(actor=actor, kind="person.roles", username=person.username, roles=list(roles))
    person.refresh_from_db()
    return person, asked.change
