"""Reads about releases; what a caller may not see does not exist."""

from collections.abc import Iterable

from django.db.models import QuerySet

from builds.models import Build
from kernel.actor import Actor
from kernel.refusals import NotFound
from pipelines.queries import visible_application_names
from releases.changes import ChangeList, list_changes
from releases.models import Release


def visible_to(actor: Actor) -> QuerySet[Release]:
    """The releases of the applications whose objects exist for this caller."""
    names = visible_application_names(actor)
    return Release.objects.all() if names is None else Release.objects.filter(application__in=names)


def get_release(actor: Actor, application_name: str, version: str) -> Release:
    """The release with application and build, or NotFound: missing and invisible look the same."""
    releases = visible_to(actor).select_related("application", "build")
    found = releases.filter(application=application_name, version=version).first()
    if found is None:
        raise NotFound()
    return found


def ids_by_build(builds: Iterable[Build]) -> dict[str, str]:
    """{build id: release id} of the builds that have one. One query, none for no build."""
    wanted = [build.pk for build in builds]
    if not wanted:
        return {}
    return dict(Release.objects.filter(build__in=wanted).values_list("build_id", "id"))


def change_list(running: Release | None, candidate: Release) -> ChangeList:
    """What would change if `candidate` replaced `running` (None: nothing runs there), by the commits that the
    builds in between were posted with (requirement A11). One query, none when both are the same.

    In between: releases of the application cut after the older and up to the newer of the two. A candidate
    cut before the running one is a rollback; its commits are those that would go away.
    """
    if running is not None and running.application_id != candidate.application_id:
        raise ValueError("a change list compares two releases of one application")
    if running is not None and running.pk == candidate.pk:
        return list_changes("same", [])
    direction = "rollback" if running is not None and _cut(running) > _cut(candidate) else "forward"
    older, newer = (candidate, running) if direction == "rollback" else (running, candidate)
    rows = Release.objects.filter(application=candidate.application_id, cut_at__lte=newer.cut_at)
    if older is not None:
        rows = rows.filter(cut_at__gte=older.cut_at)
    posted = rows.order_by("-cut_at", "-id").values_list("cut_at", "id", "version", "build__commits")
    between = [
        (version, commits)
        for cut_at, release_id, version, commits in posted
        if (cut_at, release_id) <= _cut(newer) and (older is None or (cut_at, release_id) > _cut(older))
    ]
    return list_changes(direction, between)


def _cut(release: Release) -> tuple:
    """What orders releases: when they were cut; the id settles two of the same instant."""
    return release.cut_at, release.pk
