"""Reads about people, groups, teams, applications and tokens; what a caller may not see is left out."""

from collections.abc import Iterable

from allauth.account.models import EmailAddress
from django.db.models import Q, QuerySet, Value

from kernel.actor import Actor, ActorKind, Method, permissions_of, require
from kernel.permissions import Permission
from kernel.refusals import Invalid, NotFound
from teams.humans import EMAIL, Humans, joined
from teams.models import (
    ApiToken,
    Application,
    Group,
    GroupMembership,
    Passkey,
    Person,
    RoleGrant,
    Team,
    TeamMembership,
)
from teams.places import memberships_of


def members_of(group_names: Iterable[str]) -> dict[str, list[Person]]:
    """The active people in each group now, by username; a group without members, or that does not exist, has
    an empty list. One query."""
    found: dict[str, list[Person]] = {name: [] for name in group_names}
    rows = GroupMembership.objects.filter(group__in=list(found), until__isnull=True, person__is_active=True)
    for row in rows.select_related("person").order_by("person__username"):
        found[row.group_id].append(row.person)
    return found


def humans_among(person_ids: Iterable[str], *, emails: Iterable[str] = ()) -> Humans:
    """Which of these accounts, and of those with one of these addresses, are one human's. One query.

    Joined by a verified e-mail or by a passkey, removed ones too: whose finger it was does not change.
    """
    ids, wanted = list(person_ids), {email.strip().lower() for email in emails}
    people = Person.objects.filter(Q(pk__in=ids) | Q(email__in=wanted))
    verified = EmailAddress.objects.filter(Q(user__in=ids) | Q(email__in=wanted), verified=True)
    keys = Passkey.objects.filter(Q(person__in=ids) | Q(person__email__in=wanted))
    rows = people.annotate(kind=Value(EMAIL)).values_list("kind", "pk", "email")
    return joined(
        rows.union(
            verified.annotate(kind=Value(EMAIL)).values_list("kind", "user_id", "email"),
            keys.annotate(kind=Value("credential")).values_list("kind", "person_id", "credential_id"),
            keys.annotate(kind=Value("key")).values_list("kind", "person_id", "public_key"),
        )
    )


def people_named(usernames: list[str], *, pointer: str) -> list[Person]:
    """The active people with these usernames, in this order. One query.

    Raises Invalid 422: `person_unknown` or `person_twice`, with the pointer of each wrong entry.
    """
    known = {
        person.username: person for person in Person.objects.filter(username__in=usernames, is_active=True)
    }
    errors, seen = [], set()
    for index, username in enumerate(usernames):
        if username not in known:
            errors.append(
                _error(f"{pointer}/{index}", "person_unknown", "There is no active person of this username.")
            )
        elif username in seen:
            errors.append(_error(f"{pointer}/{index}", "person_twice", "This person is listed twice."))
        seen.add(username)
    if errors:
        raise Invalid(errors=errors)
    return [known[username] for username in usernames]


def _error(pointer: str, code: str, detail: str) -> dict:
    return {"pointer": pointer, "code": code, "detail": detail}


def actor_for_person(
    person: Person, *, method: Method, ip: str | None, request_id: str | None, token: ApiToken | None = None
) -> Actor:
    """The Actor of a human, with roles, groups and teams as they are now. One query."""
    groups, teams, stands_in = memberships_of(person.pk)
    return Actor(
        kind=ActorKind.HUMAN,
        name=person.username,
        method=method,
        person_id=person.pk,
        emails=frozenset({person.email}),
        roles=frozenset(person.roles),
        groups=groups,
        teams=teams,
        stands_in=stands_in,
        scopes=frozenset(token.scopes) if token else frozenset(),
        token_id=token.pk if token else None,
        ip=ip,
        request_id=request_id,
        permissions=permissions_of(person.roles),
    )


def actor_for_application(token: ApiToken, *, ip: str | None, request_id: str | None) -> Actor:
    """The Actor of an application token: a machine without roles, groups or teams. No query."""
    return Actor(
        kind=ActorKind.MACHINE,
        name=token.application_id,
        method=Method.APPLICATION_TOKEN,
        application=token.application_id,
        scopes=frozenset(token.scopes),
        token_id=token.pk,
        ip=ip,
        request_id=request_id,
    )


def visible_applications(actor: Actor) -> QuerySet[Application]:
    """Every person sees all applications; an application token its own; nobody else any."""
    applications = Application.objects.select_related("team", "owners_group")
    if actor.kind == ActorKind.MACHINE:
        return applications.filter(pk=actor.application)
    return applications if _sees_people(actor) else applications.none()


def visible_teams(actor: Actor) -> QuerySet[Team]:
    """Every person sees all teams; an application token its application's; nobody else any."""
    if actor.kind == ActorKind.MACHINE:
        return Team.objects.filter(applications=actor.application)
    return Team.objects.all() if _sees_people(actor) else Team.objects.none()


def visible_groups(actor: Actor) -> QuerySet[Group]:
    """People see all groups, machines none."""
    return Group.objects.all() if _sees_people(actor) else Group.objects.none()


def visible_people(actor: Actor) -> QuerySet[Person]:
    """People see all people, machines none."""
    return Person.objects.all() if _sees_people(actor) else Person.objects.none()


def _sees_people(actor: Actor) -> bool:
    return actor.kind in {ActorKind.HUMAN, ActorKind.SYSTEM}


def get_application(actor: Actor, name: str) -> Application:
    """The application of that name, or NotFound: missing and invisible look the same."""
    return _get(visible_applications(actor), name)


def get_person(actor: Actor, username: str) -> Person:
    """The person of that username (any case), or NotFound."""
    found = visible_people(actor).filter(username=username.lower()).first()
    if found is None:
        raise NotFound()
    return found


def _get(queryset, name: str):
    found = queryset.filter(pk=name).first()
    if found is None:
        raise NotFound()
    return found


def tokens_of(*, application: str | None = None, person: str | None = None) -> QuerySet[ApiToken]:
    """The tokens of one application (by name) or of one person (by id), revoked ones included."""
    return ApiToken.objects.filter(application=application, person=person)


def person_with_readable_tokens(actor: Actor, username: str) -> Person:
    """The person, if these are the caller's own tokens or the caller manages tokens or reads everything.

    Raises Forbidden, NotFound.
    """
    if not (actor.is_human and username == actor.name) and not actor.may(Permission.AUDIT_READ):
        require(actor, Permission.TOKEN_MANAGE)
    return get_person(actor, username)


def readable_passkeys(actor: Actor, username: str) -> QuerySet[Passkey]:
    """The passkeys the person has now, for the person, who manages people, and who reads everything.

    Raises Forbidden, NotFound.
    """
    if not (actor.is_human and username == actor.name) and not actor.may(Permission.AUDIT_READ):
        require(actor, Permission.PERSON_MANAGE)
    person = get_person(actor, username)
    return Passkey.objects.filter(person=person, removed_at=None).order_by("-added_at")


def readable_roles(actor: Actor, username: str) -> QuerySet[RoleGrant]:
    """Which roles the person had from when to when: for the person, who manages people, and who reads everything.

    Raises Forbidden, NotFound.
    """
    if not (actor.is_human and username == actor.name) and not actor.may(Permission.AUDIT_READ):
        require(actor, Permission.PERSON_MANAGE)
    return RoleGrant.objects.filter(person=get_person(actor, username))


def application_with_readable_tokens(actor: Actor, name: str) -> Application:
    """The application, if the caller is in its team, manages tokens or reads everything.

    Raises Forbidden, NotFound.
    """
    application = get_application(actor, name)
    if application.team_id not in actor.teams and not actor.may(Permission.AUDIT_READ):
        require(actor, Permission.TOKEN_MANAGE)
    return application


def team_members(names: Iterable[str]) -> dict[str, list[str]]:
    """The usernames in each team now, sorted. One query."""
    found: dict[str, list[str]] = {name: [] for name in names}
    rows = TeamMembership.objects.filter(team__in=list(found), until__isnull=True)
    for team, username in rows.order_by("person__username").values_list("team_id", "person__username"):
        found[team].append(username)
    return found
