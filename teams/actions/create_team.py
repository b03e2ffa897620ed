"""A team that will own applications."""

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from teams.models import Team, TeamMembership
from teams.names import check_name
from teams.queries import people_named


@transaction.atomic
def create_team(*, actor: Actor, name: str, members: list[str]) -> Team:
    """A new team with these usernames in it. Records `team.changed` with the person ids.

    Raises Forbidden; Invalid 422 `name_invalid`, `person_unknown`, `person_twice`; Conflict 409
    `already_exists`.
    """
    require(actor, Permission.TEAM_MANAGE)
    check_name(name)
    people = people_named(members, pointer="/members")
    at = now()
    try:
        with transaction.atomic():
            team = Team.objects.create(name=name, created_at=at)
    except IntegrityError as error:
        raise Conflict("There is a team of this name.", code="already_exists") from error
    TeamMembership.objects.bulk_create(
        TeamMembership(team=team, person=person, since=at) for person in people
    )
    append(
        kind="team.changed",
        actor=actor,
        subject=f"team:{name}",
        data={"change": "created", "added": sorted(person.pk for person in people), "removed": []},
    )
    return team
