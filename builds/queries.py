"""Reads about builds and evidence; what a caller may not see does not exist."""

from django.db.models import Q, QuerySet

from builds.models import Artifact, Build
from builds.states import ArtifactState, BuildState
from kernel.actor import Actor
from kernel.refusals import NotFound
from pipelines.queries import visible_application_names


def visible_to(actor: Actor) -> QuerySet[Build]:
    """The builds of the applications whose objects exist for this caller."""
    names = visible_application_names(actor)
    return Build.objects.all() if names is None else Build.objects.filter(application__in=names)


def get_build(actor: Actor, build_id: str) -> Build:
    """The build with its application, or NotFound: missing and invisible look the same."""
    found = visible_to(actor).select_related("application").filter(pk=build_id).first()
    if found is None:
        raise NotFound()
    return found


def listed(
    actor: Actor, *, application: str | None = None, version: str | None = None, branch: str | None = None
) -> QuerySet[Build]:
    """The visible builds with these values, with their artifacts; None leaves a filter out."""
    wanted = {"application": application, "version": version, "branch": branch}
    given = {name: value for name, value in wanted.items() if value is not None}
    return visible_to(actor).filter(**given).prefetch_related("artifacts")


def quarantined() -> QuerySet[Build]:
    """Builds of which something is not what was posted, until they are withdrawn."""
    return Build.objects.filter(state=BuildState.QUARANTINED, withdrawn_at__isnull=True)


def due(at) -> Q:
    """Which artifacts are to be read again at `at`: new ones, and those whose next attempt has come."""
    waiting = Q(state=ArtifactState.PENDING, next_attempt_at__isnull=True)
    states = [ArtifactState.PENDING, ArtifactState.MISSING, ArtifactState.UNREADABLE]
    return waiting | Q(state__in=states, next_attempt_at__lte=at)


def builds_with_due_artifacts(at, *, limit: int) -> list[str]:
    """The ids of builds that have something to read at `at`, oldest first, at most `limit`."""
    rows = Artifact.objects.filter(due(at), build__withdrawn_at__isnull=True).order_by("build")
    return list(rows.values_list("build", flat=True).distinct()[:limit])
