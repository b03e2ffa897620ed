"""Write down who signed in at the browser, and who was refused."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, Method
from teams.models import Person
from teams.queries import actor_for_person


@transaction.atomic
def record_signin(
    *, person: Person | None, refused: str | None, ip: str | None, request_id: str | None
) -> None:
    """Record `signin.succeeded` of `person`, or `signin.failed` with the code `refused`.

    A refused person who exists is the subject. What was typed for somebody who does not exist is not kept: sooner or
    later it is a password in the wrong field, and no event may hold one.
    """
    if refused is None:
        actor = actor_for_person(person, method=Method.SESSION, ip=ip, request_id=request_id)
        append(kind="signin.succeeded", actor=actor, subject=f"person:{person.pk}")
        return
    append(
        kind="signin.failed",
        actor=Actor.anonymous(ip=ip, request_id=request_id),
        subject=f"person:{person.pk}" if person else "person:unknown",
        outcome="denied",
        data={"code": refused},
        private={"username": person.username} if person else None,
    )
