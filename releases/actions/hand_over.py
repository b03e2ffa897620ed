"""`POST /builds`: take the build and, where its branch says so, cut its release, in one transaction."""

from django.db import transaction

from builds.actions.ingest import application_of, take
from builds.models import Build
from builds.rules import branch_matches
from kernel.actor import Actor
from releases.actions.cut import cut_new
from releases.models import Release


@transaction.atomic
def hand_over(*, actor: Actor, post: object) -> tuple[Build, Release | None, bool]:
    """(build, its release if it has one, whether the build is new). Records `build.received`, `release.cut`.

    A post of the same content again changes nothing and answers what the first one made. Raises as
    builds.actions.ingest.ingest does.
    """
    return accept(actor=actor, post=post)


def accept(*, actor: Actor, post: object) -> tuple[Build, Release | None, bool]:
    """The same for a caller that has a transaction, as every changing request of the API does."""
    application = application_of(actor, post)
    build, created = take(actor=actor, application=application, post=post)
    if not created:
        return build, Release.objects.filter(build=build).first(), False
    if not branch_matches(build.branch, application.release_branches):
        return build, None, True
    return build, cut_new(actor=actor, build=build), True
