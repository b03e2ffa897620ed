"""Write down who signed in at the browser, and who was refused."""

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, Method
from teams.models import Person
from teams.queries import actor_for_person

LONGEST = 254  # characters of what was typed that are worth keeping


@transaction.atomic
def record_signin(
    *, login: str, person: Person | None, refused: str | None, ip: str | None, request_id: str | None
) -> None:
    """Record `signin.succeeded` of `person`, or `signin.failed` with the code `refused`.

    `login` is what was typed: private text, cut to 254 characters and without control characters, since it
    may be anything, a mistyped password included. A refused person who exists is named by id in the event's
    data.
    """
    typed = "".join(character for character in login if character.isprintable())[:LONGEST]
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
        private={"username": typed},
    )
