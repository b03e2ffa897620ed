"""Who may hand over builds and evidence of an application."""

from kernel.actor import Actor, ActorKind, require
from kernel.permissions import Permission
from kernel.refusals import Forbidden, NotFound
from pipelines.queries import visible_application_names
from teams.models import Application

BUILDS_WRITE = "builds:write"
EVIDENCE_WRITE = "evidence:write"


def may_see(actor: Actor, application: str) -> bool:
    """Whether objects of the application exist for this caller at all."""
    if actor.kind == ActorKind.MACHINE:
        return actor.application == application
    names = visible_application_names(actor)
    return names is None or application in names


def application_for(actor: Actor, name: str, *, scope: str) -> Application:
    """The application that the caller hands something over for.

    A CI needs a token of this application with `scope`; a person is of its team or a release manager.
    Raises Forbidden (403 `forbidden`, naming the scope or permission), NotFound.
    """
    if actor.kind == ActorKind.MACHINE and scope not in actor.scopes:
        raise Forbidden(f"This token does not have the scope {scope}.", missing_permission=f"scope {scope}")
    if not may_see(actor, name):
        raise NotFound()
    try:
        application = Application.objects.get(pk=name)
    except Application.DoesNotExist:
        raise NotFound() from None
    if actor.kind != ActorKind.MACHINE:
        require(actor, Permission.RELEASE_CUT, team=application.team_id)
    return application
