"""Alice, Bob and Carol: the people (and the CI) of the tests. Plain functions, no magic.

`actor("alice")` needs no database; `person("alice")` makes the rows. Both agree about names and addresses.
"""

from datetime import UTC, datetime

from kernel.actor import Actor, ActorKind, Method, permissions_of
from kernel.permissions import ADMINISTRATOR, AUDITOR, RELEASE_MANAGER, SCOPES
from teams.models import Application, Group, GroupMembership, Person, Team, TeamMembership

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "correct horse battery staple"


def email_of(username: str) -> str:
    return f"{username}@acme.example"


def actor(username: str = "alice", *, roles=(), groups=(), teams=(), method=Method.SESSION, **more) -> Actor:
    """A human actor without rows behind it; `person_id` is `per_<username>` unless given."""
    details = {"person_id": f"per_{username}", "emails": frozenset({email_of(username)}), **more}
    return Actor(
        kind=ActorKind.HUMAN,
        name=username,
        method=method,
        roles=frozenset(roles),
        groups=frozenset(groups),
        teams=frozenset(teams),
        permissions=permissions_of(roles),
        **details,
    )


def administrator(username: str = "admin", **more) -> Actor:
    return actor(username, roles=[ADMINISTRATOR], **more)


def auditor(username: str = "aude", **more) -> Actor:
    return actor(username, roles=[AUDITOR], **more)


def release_manager(username: str = "rita", **more) -> Actor:
    return actor(username, roles=[RELEASE_MANAGER], **more)


def ci(application: str = "payments", *, scopes=SCOPES, **more) -> Actor:
    """The CI of an application: a machine with an application token."""
    return Actor(
        kind=ActorKind.MACHINE,
        name=application,
        method=Method.APPLICATION_TOKEN,
        application=application,
        scopes=frozenset(scopes),
        **more,
    )


def person(username: str = "alice", *, roles=(), groups=(), teams=(), password: str | None = None) -> Person:
    """A row for a human, member of the groups and teams named (made where missing). Id: `per_<username>`."""
    made, _ = Person.objects.get_or_create(
        username=username,
        defaults={
            "id": f"per_{username}",
            "email": email_of(username),
            "name": username.title(),
            "roles": list(roles),
            "created_at": EPOCH,
        },
    )
    made.set_password(password) if password else made.set_unusable_password()
    made.save(update_fields=["password"])
    for name in groups:
        GroupMembership.objects.get_or_create(
            group=group(name), person=made, until=None, defaults={"since": EPOCH}
        )
    for name in teams:
        TeamMembership.objects.get_or_create(
            team=team(name), person=made, until=None, defaults={"since": EPOCH}
        )
    return made


def group(name: str) -> Group:
    return Group.objects.get_or_create(name=name, defaults={"created_at": EPOCH})[0]


def team(name: str) -> Team:
    return Team.objects.get_or_create(name=name, defaults={"created_at": EPOCH})[0]


def application(name: str = "payments", *, owners: str | None = None, branches=("main",)) -> Application:
    """An application of the team of its own name; its owners group is `<name>-owners` unless given."""
    return Application.objects.get_or_create(
        name=name,
        defaults={
            "team": team(name),
            "owners_group": group(owners or f"{name}-owners"),
            "release_branches": list(branches),
            "created_at": EPOCH,
        },
    )[0]
