"""Take a build from CI (`POST /builds`): once, whoever posts it how often."""

from django.db import connection, transaction

from audit.actions.append import append
from builds import rules
from builds.access import BUILDS_WRITE, application_for
from builds.models import Artifact, Build
from builds.post import parse_time
from builds.states import ArtifactState, BuildState
from kernel.actor import Actor
from kernel.bell import ring
from kernel.clock import now
from kernel.ids import new_art
from kernel.refusals import Conflict, Denial, Invalid, NotFound
from teams.models import Application
from teams.names import is_name


class BuildConflict(Conflict):
    """The version exists with other content."""

    code = "build_conflict"
    title = "This version exists with other content"


@transaction.atomic
def ingest(*, actor: Actor, post: object) -> tuple[Build, bool]:
    """The build of this post and whether it is new. Records `build.received`, once.

    `post`: the body of `POST /builds` as JSON gave it. Same content again: the stored build and False, no
    second event. Raises Forbidden; NotFound; Invalid 422 (`digest_invalid`,
    `mutable_reference`, `scheme_unsupported` …, each with its pointer); BuildConflict 409, recorded as
    `build.refused`.
    """
    return take(actor=actor, application=application_of(actor, post), post=post)


def application_of(actor: Actor, post: object) -> Application:
    """The application that the post names; what is wrong beside it is not looked at before the caller is
    known to have a say there. Raises Forbidden, NotFound; Invalid where no application is named at all."""
    name = post.get("application") if isinstance(post, dict) else None
    if not isinstance(name, str):
        raise Invalid(errors=rules.check_post(post))
    if not is_name(name):
        raise NotFound()
    return application_for(actor, name, scope=BUILDS_WRITE)


def take(*, actor: Actor, application: Application, post: dict) -> tuple[Build, bool]:
    """The same for a caller that has checked the permission. Call inside a transaction.

    One INSERT that gives way to another's: on PostgreSQL it waits for a post of the same version that is
    under way, and then a SELECT sees what that one stored; SQLite has one writer at a time anyway. Of
    twenty identical posts one makes the build, without a savepoint or a retry.
    """
    errors = rules.check_post(post)
    if errors:
        raise Invalid(errors=errors)
    content = rules.content(post)
    build = _row(actor, application, post, rules.content_digest(content))
    if not _insert(build):
        stored = Build.objects.get(application=application, version=build.version)
        stored.application = application
        _check_same(stored, content, build)
        return stored, False
    artifacts = _artifacts(build, post["artifacts"])
    Artifact.objects.bulk_create(artifacts)
    _remember(build, artifacts)
    _note_received(actor, build, artifacts)
    ring("builds.verify_artifacts", build.pk, queue="default")
    return build, True


def _insert(build: Build) -> bool:
    """Whether the row is ours now; False where the version was there already."""
    written = []

    def count(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        written.append(context["cursor"].rowcount)
        return done

    with connection.execute_wrapper(count):  # bulk_create() itself does not tell which rows it wrote
        Build.objects.bulk_create([build], ignore_conflicts=True)
    return sum(written) == 1


def _row(actor: Actor, application: Application, post: dict, digest: str) -> Build:
    return Build(
        application=application,
        version=post["version"],
        commit=post["commit"],
        branch=post["branch"],
        repository=post["repository"],
        run=post.get("run") or {},
        submitter=post.get("submitter") or "",
        posted_by=actor.tag,
        built_at=parse_time(post["built_at"]) if post.get("built_at") else None,
        commits=post.get("commits"),
        digest=digest,
        state=BuildState.RECEIVED,
        created_at=now(),
    )


def _artifacts(build: Build, posted: list[dict]) -> list[Artifact]:
    """Rows in the order posted: ids of one millisecond are random, so they are made first and sorted."""
    ids = sorted(new_art() for _ in posted)
    return [
        Artifact(
            id=artifact_id,
            build=build,
            name=item["name"],
            kind=item["kind"],
            uri=item["uri"],
            version_id=item.get("version_id") or "",
            digest=item["digest"],
            size=item.get("size"),
            state=ArtifactState.PENDING,
        )
        for artifact_id, item in zip(ids, posted, strict=True)
    ]


def _remember(build: Build, artifacts: list[Artifact]) -> None:
    """What a prefetch would have left on the build, so that the answer does not read back what it wrote."""
    rows = Artifact.objects.filter(build=build)
    rows._result_cache = artifacts
    build._prefetched_objects_cache = {"artifacts": rows}


def stored_content(build: Build) -> dict:
    """The content of a stored build, in the form of `rules.content`."""
    fields = ("name", "kind", "uri", "version_id", "digest")
    return rules.content(
        {
            "application": build.application_id,
            "version": build.version,
            "commit": build.commit,
            "branch": build.branch,
            "repository": build.repository,
            "artifacts": [{name: getattr(row, name) for name in fields} for row in build.artifacts.all()],
        }
    )


def _check_same(stored: Build, content: dict, refused: Build) -> None:
    if stored.digest == refused.digest:
        return
    errors = rules.differences(stored_content(stored), content)
    raise BuildConflict(
        f"Version {stored.version} was posted before with other content.",
        errors=errors,
        build=stored.pk,
        denial=Denial(
            kind="build.refused",
            subject=f"build:{stored.pk}",
            application=stored.application_id,
            data={
                "version": stored.version,
                "digest": stored.digest,
                "refused_digest": refused.digest,
                "differs": [error["pointer"] for error in errors],
            },
        ),
    )


def _note_received(actor: Actor, build: Build, artifacts: list[Artifact]) -> None:
    shown = ("name", "kind", "uri", "version_id", "digest")
    free = {"branch": build.branch, "repository": build.repository, "submitter": build.submitter}
    append(
        at=build.created_at,
        kind="build.received",
        actor=actor,
        subject=f"build:{build.pk}",
        application=build.application_id,
        data={
            "version": build.version,
            "commit": build.commit,
            "digest": build.digest,
            "artifacts": [{name: getattr(row, name) for name in shown} for row in artifacts],
            "commits": None if build.commits is None else len(build.commits),
        },
        private={name: value for name, value in free.items() if value},
    )
