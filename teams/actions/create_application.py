"""Register what a team ships."""

from django.db import IntegrityError, transaction

from audit.actions.append import append
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid
from teams.models import Application, Group, Team
from teams.names import check_name

DEFAULT_BRANCHES = ("main", "release/*")
MOST_BRANCHES = 50
LONGEST_BRANCH = 200


@transaction.atomic
def create_application(
    *, actor: Actor, name: str, team: str, owners_group: str, release_branches: list[str] = DEFAULT_BRANCHES
) -> Application:
    """A new application. `release_branches`: shell patterns of the branches whose builds cut a release.

    Records `application.changed`. Raises Forbidden; Invalid 422 `name_invalid`, `team_unknown`,
    `group_unknown`, `branches_invalid`; Conflict 409 `already_exists`.
    """
    require(actor, Permission.APPLICATION_MANAGE)
    check_name(name)
    errors = []
    if not Team.objects.filter(pk=team).exists():
        errors.append(_error("/team", "team_unknown", "There is no team of this name."))
    if not Group.objects.filter(pk=owners_group).exists():
        errors.append(_error("/owners_group", "group_unknown", "There is no group of this name."))
    errors += _wrong_branches(release_branches)
    if errors:
        raise Invalid(errors=errors)
    values = {"team": team, "owners_group": owners_group, "release_branches": list(release_branches)}
    try:
        with transaction.atomic():
            application = Application.objects.create(
                name=name,
                team_id=team,
                owners_group_id=owners_group,
                release_branches=values["release_branches"],
                created_at=now(),
            )
    except IntegrityError as error:
        raise Conflict("There is an application of this name.", code="already_exists") from error
    append(
        kind="application.changed",
        actor=actor,
        subject=f"application:{name}",
        application=name,
        data={"change": "created", "before": None, "after": values},
    )
    return application


def _wrong_branches(patterns) -> list[dict]:
    if len(patterns) > MOST_BRANCHES:
        return [_error("/release_branches", "branches_invalid", f"At most {MOST_BRANCHES} patterns.")]
    return [
        _error(
            f"/release_branches/{index}",
            "branches_invalid",
            "A branch pattern has 1 to 200 printable characters.",
        )
        for index, pattern in enumerate(patterns)
        if not 1 <= len(pattern) <= LONGEST_BRANCH or not pattern.isprintable() or " " in pattern
    ]


def _error(pointer: str, code: str, detail: str) -> dict:
    return {"pointer": pointer, "code": code, "detail": detail}
