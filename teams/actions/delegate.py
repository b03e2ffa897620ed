"""Let a named person stand in for oneself in a group for some days."""

from datetime import datetime

from django.db import transaction

from audit.actions.append import append
from audit.canonical import wire_instant
from kernel.actor import Actor
from kernel.clock import now
from kernel.permissions import only_audits
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from teams.models import Delegation, Group, Person
from teams.names import check_reason
from teams.places import stand_ins_of
from teams.queries import humans_among, members_of
from teams.rules import Wrong, wrong_people, wrong_times


@transaction.atomic
def delegate(*, actor: Actor, group: str, to: str, since: str, until: str, reason: str) -> Delegation:
    """The delegation of the actor's own place. `to`: a username; `since`, `until`: RFC 3339 with offset, `reason` of
    1 to 500 characters.

    Records `delegation.made`; the reason stands beside the log. Raises NotFound for no such group; Forbidden
    `human_required`, `not_a_member`; Invalid 422 `person_unknown`, `reason_required`, `auditor_changes_nothing`
    and those of teams.rules; Conflict 409 `delegation_overlaps`.
    """
    # The group's row lock: of two that would make a loop together, the second sees the first.
    held = Group.objects.select_for_update().filter(pk=group).first()
    if held is None:
        raise NotFound()
    if not actor.is_human:
        raise Forbidden("Only a person has a place in a group.", code="human_required")
    begins, ends, at = datetime.fromisoformat(since), datetime.fromisoformat(until), now()
    others = stand_ins_of(group)
    if actor.person_id not in {person.pk for person in members_of([group])[group]}:
        if any(other.delegate == actor.person_id and other.live(at) for other in others):
            raise _refused(Wrong("/group", "delegation_chain", "What was delegated to you goes no further."))
        raise Forbidden(f"Only a member of {group} delegates a place in it.", code="not_a_member")
    person = _person(to)
    found = _wrong(actor, person, begins, ends, others, at)
    if found:
        raise _refused(found)
    return _write(actor, held, person, begins, ends, check_reason(reason, pointer="/reason"), at)


def _person(username: str) -> Person:
    found = Person.objects.filter(username=username, is_active=True).first()
    if found is None:
        raise _refused(Wrong("/to", "person_unknown", "There is no active person of this username."))
    return found


def _wrong(actor: Actor, person: Person, begins, ends, others, at) -> Wrong | None:
    humans = humans_among([actor.person_id, person.pk])
    if humans.of(person.pk) == humans.of(actor.person_id):
        return wrong_people(actor.person_id, actor.person_id, begins, ends, ())
    if only_audits(person.roles):
        return Wrong("/to", "auditor_changes_nothing", f"{person.username} is an auditor and turns no key.")
    return wrong_times(begins, ends, at) or wrong_people(actor.person_id, person.pk, begins, ends, others)


def _refused(found: Wrong) -> Invalid | Conflict:
    errors = [{"pointer": found.pointer, "code": found.code, "detail": found.detail}]
    if found.status == 409:
        return Conflict(found.detail, code=found.code, errors=errors)
    return Invalid(errors=errors)


def _write(actor: Actor, group: Group, person: Person, begins, ends, reason: str, at) -> Delegation:
    row = Delegation.objects.create(
        group=group,
        principal_id=actor.person_id,
        delegate=person,
        since=begins,
        until=ends,
        reason=reason,
        created_at=at,
    )
    append(
        kind="delegation.made",
        actor=actor,
        subject=f"delegation:{row.pk}",
        data={
            "group": group.pk,
            "principal": row.principal_id,
            "delegate": row.delegate_id,
            "since": wire_instant(begins),
            "until": wire_instant(ends),
        },
        private={"reason": reason},
    )
    return row
