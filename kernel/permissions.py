"""Every power there is, on one page that a security reviewer can read. Alphabetical.

`ROLE_PERMISSIONS` says which role has which. Approving is not here: who may vote is a matter of groups and
of the gate, never of a role: administrators configure, and do not vote by that right. What no role grants
is denied (requirement B07).
"""

from enum import StrEnum


class Permission(StrEnum):
    ACCOUNT_MANAGE = "account.manage"
    APPLICATION_MANAGE = "application.manage"
    AUDIT_READ = "audit.read"
    BREAK_GLASS = "break_glass.open"
    BUILD_WITHDRAW = "build.withdraw"
    CALENDAR_MANAGE = "calendar.manage"
    CHANGE_CONFIRM = "change.confirm"
    DEPLOYMENT_BASELINE = "deployment.baseline"
    DEPLOYMENT_CANCEL = "deployment.cancel"
    DEPLOYMENT_REQUEST = "deployment.request"
    DEPLOYMENT_RESOLVE = "deployment.resolve"
    ENVIRONMENT_MANAGE = "environment.manage"
    GROUP_MANAGE = "group.manage"
    PERSON_MANAGE = "person.manage"
    PIPELINE_MANAGE = "pipeline.manage"
    RELEASE_CUT = "release.cut"
    SEE_EVERYTHING = "see.everything"
    TEAM_MANAGE = "team.manage"
    TOKEN_MANAGE = "token.manage"  # noqa: S105 - a word, no secret


ACCOUNT_MANAGER = "account_manager"
ADMINISTRATOR = "administrator"
AUDITOR = "auditor"
RELEASE_MANAGER = "release_manager"
WINDOW_MANAGER = "window_manager"
ROLES = (ACCOUNT_MANAGER, ADMINISTRATOR, AUDITOR, RELEASE_MANAGER, WINDOW_MANAGER)

ROLE_PERMISSIONS: dict[str, frozenset[Permission]] = {
    # One power each, and nothing else: they see what every signed-in person sees.
    ACCOUNT_MANAGER: frozenset({Permission.ACCOUNT_MANAGE}),
    WINDOW_MANAGER: frozenset({Permission.CALENDAR_MANAGE}),
    ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNT_MANAGE,
            Permission.APPLICATION_MANAGE,
            Permission.CALENDAR_MANAGE,
            Permission.CHANGE_CONFIRM,
            Permission.DEPLOYMENT_BASELINE,
            Permission.ENVIRONMENT_MANAGE,
            Permission.GROUP_MANAGE,
            Permission.PERSON_MANAGE,
            Permission.PIPELINE_MANAGE,
            Permission.SEE_EVERYTHING,
            Permission.TEAM_MANAGE,
            Permission.TOKEN_MANAGE,
        }
    ),
    AUDITOR: frozenset({Permission.AUDIT_READ, Permission.SEE_EVERYTHING}),
    RELEASE_MANAGER: frozenset(
        {
            Permission.BREAK_GLASS,
            Permission.BUILD_WITHDRAW,
            Permission.CALENDAR_MANAGE,
            Permission.DEPLOYMENT_BASELINE,
            Permission.DEPLOYMENT_CANCEL,
            Permission.DEPLOYMENT_REQUEST,
            Permission.DEPLOYMENT_RESOLVE,
            Permission.RELEASE_CUT,
            Permission.SEE_EVERYTHING,
        }
    ),
    # What membership of the application's team gives, for that team's applications only.
    "team": frozenset(
        {
            Permission.BUILD_WITHDRAW,
            Permission.DEPLOYMENT_CANCEL,
            Permission.DEPLOYMENT_REQUEST,
            Permission.RELEASE_CUT,
        }
    ),
}

# What an application token may be scoped to.
SCOPES = ("builds:write", "evidence:write", "deployments:request", "read")


def only_audits(roles) -> bool:
    """Whether somebody of these roles sees everything and changes nothing (requirement F11), whatever group they are
    put into."""
    return set(roles) == {AUDITOR}
