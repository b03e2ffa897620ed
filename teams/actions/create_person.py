"""Let a human in: username, e-mail, name, roles."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import ROLES, Permission
from kernel.refusals import Conflict, Invalid
from teams.actions.keep_role_history import keep_role_history
from teams.models import Person
from teams.names import check_name, check_text


@transaction.atomic
def create_person(
    *, actor: Actor, username: str, email: str, name: str, password: str | None = None, roles: list[str] = ()
) -> Person:
    """A new active person; without `password` they cannot sign in with one. Records `person.changed`.

    Raises Forbidden; Invalid 422 `name_invalid`, `email_invalid`, `text_invalid`, `role_unknown`,
    `password_invalid`; Conflict 409 `already_exists` when the username or the address is taken: an address
    is one human's (requirement C04).
    """
    require(actor, Permission.PERSON_MANAGE)
    check_name(username, pointer="/username")
    person = Person(
        username=username,
        email=_email(email),
        name=check_text(name, pointer="/name", longest=200),
        roles=check_roles(roles),
        created_at=now(),
    )
    _password(person, password)
    _free(person)
    try:
        with transaction.atomic():
            person.save(force_insert=True)
    except IntegrityError as error:  # another request took the name in the meantime
        raise Conflict("This username or e-mail address is taken.", code="already_exists") from error
    keep_role_history(actor=actor, person=person, before=[], after=person.roles, at=person.created_at)
    append(
        kind="person.changed",
        actor=actor,
        subject=f"person:{person.pk}",
        data={"change": "created", "roles": person.roles},
        private={"username": person.username, "email": person.email, "name": person.name},
    )
    return person


def _email(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise _invalid("/email", "email_invalid", "This is not an e-mail address.") from error
    if len(email) > 254:  # RFC 5321 §4.5.3.1.3
        raise _invalid("/email", "email_invalid", "An e-mail address has at most 254 characters.")
    return email


def check_roles(roles) -> list[str]:
    """The roles once each, in order, or Invalid 422 `role_unknown`."""
    for index, role in enumerate(roles):
        if role not in ROLES:
            raise _invalid(f"/roles/{index}", "role_unknown", f"Roles are {', '.join(ROLES)}.")
    return sorted(set(roles))


def _password(person: Person, password: str | None) -> None:
    if password is None:
        person.set_unusable_password()
        return
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise Invalid(
            errors=[
                {"pointer": "/password", "code": "password_invalid", "detail": message}
                for message in error.messages
            ]
        ) from error
    person.set_password(password)


def _free(person: Person) -> None:
    taken = [
        {"pointer": f"/{field}", "code": "already_exists", "detail": f"This {field} is taken."}
        for field in ("username", "email")
        if Person.objects.filter(**{field: getattr(person, field)}).exists()
    ]
    if taken:
        raise Conflict(taken[0]["detail"], code="already_exists", errors=taken)


def _invalid(pointer: str, code: str, detail: str) -> Invalid:
    return Invalid(errors=[{"pointer": pointer, "code": code, "detail": detail}])
