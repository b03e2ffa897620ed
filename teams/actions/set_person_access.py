"""Shut somebody who left out, or let them back in; their history stays."""

from django.db import transaction
from django.db.models import Q, QuerySet

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from teams.actions.end_delegation import end
from teams.administrators import check_an_administrator_stays
from teams.models import ApiToken, Delegation, Person
from teams.names import check_reason
from teams.queries import get_person


@transaction.atomic
def set_person_access(*, actor: Actor, username: str, active: bool, reason: str) -> Person:
    """The person, who from now on may (`active`) or may not sign in. Shut out, their sessions are nobody's at once,
    their tokens and the places they lent or were lent end for good, and their votes fill no key that has not been
    used yet; a second time changes nothing.

    Records `person.changed`, the reason as private text. Raises Forbidden, NotFound; Invalid 422 `reason_required`;
    Conflict 409 `own_access` (nobody shuts themselves out), `last_administrator`.
    """
    require(actor, Permission.PERSON_MANAGE)
    person = get_person(actor, username)
    reason = check_reason(reason)
    if person.is_active == active:
        return person
    if not active:
        if actor.person_id == person.pk:
            raise Conflict("Somebody else takes your access away.", code="own_access")
        check_an_administrator_stays(person)
    if not Person.objects.filter(pk=person.pk, is_active=not active).update(is_active=active):
        person.refresh_from_db()
        return person
    ended = 0 if active else _end_tokens(person)
    for lent in () if active else _places(person):
        end(actor, lent, now(), why="left the company")  # coming back does not bring it back
    append(
        kind="person.changed",
        actor=actor,
        subject=f"person:{person.pk}",
        data={"change": "access", "before": not active, "after": active, "tokens_revoked": ended},
        private={"reason": reason},
    )
    person.is_active = active
    return person


def _end_tokens(person: Person) -> int:
    standing = ApiToken.objects.filter(person=person, revoked_at__isnull=True)
    return standing.update(revoked_at=now(), revoked_reason="The person has no access any more.")


def _places(person: Person) -> QuerySet[Delegation]:
    return Delegation.objects.filter(Q(principal=person) | Q(delegate=person), ended_at__isnull=True)
