"""Cut a release: say that a build is meant to ship."""

from datetime import datetime, timedelta

from django.db import transaction

from audit.actions.append import append
from builds.models import Build
from builds.queries import visible_to
from builds.states import BuildState
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, NotFound
from releases.models import Release
from releases.states import ReleaseState


class NotReleasable(Conflict):
    """The build was withdrawn or is quarantined."""

    code = "build_withdrawn"


@transaction.atomic
def cut_release(*, actor: Actor, application_name: str, version: str) -> tuple[Release, bool]:
    """The release of this version and whether it is new; for branches that do not cut automatically.

    Records `release.cut` when it is new. Raises NotFound (no such application or build); Forbidden (machines
    cut by their branch only); NotReleasable 409 `build_withdrawn`, `build_quarantined`.
    """
    builds = visible_to(actor).select_related("application")
    build = builds.filter(application=application_name, version=version).first()
    if build is None:
        raise NotFound()
    require(actor, Permission.RELEASE_CUT, team=build.application.team_id)
    return cut(actor=actor, build=build)


def cut(*, actor: Actor, build: Build) -> tuple[Release, bool]:
    """The build's release and whether it is new. Call inside a transaction; no permission is asked.

    One INSERT that gives way to another writer's: of two at once, one makes it and the other answers it.
    """
    existing = Release.objects.filter(build=build).first()
    if existing is not None:
        return existing, False
    _check_releasable(build)
    release = _row(actor, build, now())
    Release.objects.bulk_create([release], ignore_conflicts=True)
    stored = Release.objects.get(build=build)
    if stored.pk != release.pk:
        return stored, False
    _record(actor, release, build)
    return release, True


def cut_new(*, actor: Actor, build: Build) -> Release:
    """The release of a build that this transaction made, so that nobody else can have cut it: one INSERT."""
    # The log is sealed in the order of its instants: the cut follows the build.
    release = _row(actor, build, build.created_at + timedelta(microseconds=1))
    release.save(force_insert=True)
    _record(actor, release, build)
    return release


def _row(actor: Actor, build: Build, at: datetime) -> Release:
    return Release(
        application_id=build.application_id,
        version=build.version,
        build=build,
        state=ReleaseState.OPEN,
        cut_at=at,
        cut_by=actor.tag,
    )


def _record(actor: Actor, release: Release, build: Build) -> None:
    append(
        at=release.cut_at,
        kind="release.cut",
        actor=actor,
        subject=f"release:{release.pk}",
        application=release.application_id,
        data={"version": release.version, "build": build.pk, "digest": build.digest},
    )


def _check_releasable(build: Build) -> None:
    if build.withdrawn_at is not None:
        raise NotReleasable("This build was withdrawn, so it cannot be released.")
    if build.state == BuildState.QUARANTINED:
        raise NotReleasable(
            "An artifact of this build is not what the build says, so it cannot be released.",
            code="build_quarantined",
        )
