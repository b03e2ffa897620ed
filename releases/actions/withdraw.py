"""Take a release back: it must not be deployed anywhere any more."""

from django.db import transaction

from audit.actions.append import append
from builds.actions.withdraw import check_reason
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict
from releases.models import Release
from releases.queries import get_release
from releases.states import ReleaseState


@transaction.atomic
def withdraw_release(*, actor: Actor, application_name: str, version: str, reason: str) -> Release:
    """Mark the release withdrawn; ending its pending deployments is deployments' part. Records
    `release.withdrawn`.

    Raises NotFound; Forbidden; Invalid 422 `reason_required`, `reason_too_long`; Conflict 409
    `already_withdrawn`.
    """
    release = get_release(actor, application_name, version)
    require(actor, Permission.BUILD_WITHDRAW, team=release.application.team_id)
    return withdraw(actor=actor, release=release, reason=check_reason(reason))


def withdraw(*, actor: Actor, release: Release, reason: str) -> Release:
    """The same for a caller that has decided already (the build was withdrawn). Call inside a transaction.

    Raises Conflict 409 `already_withdrawn`.
    """
    at = now()
    moved = Release.objects.filter(pk=release.pk, state=ReleaseState.OPEN).update(
        state=ReleaseState.WITHDRAWN, withdrawn_at=at, withdrawn_reason=reason
    )
    if moved != 1:
        raise Conflict("This release was withdrawn before.", code="already_withdrawn")
    release.state, release.withdrawn_at, release.withdrawn_reason = ReleaseState.WITHDRAWN, at, reason
    append(
        kind="release.withdrawn",
        actor=actor,
        subject=f"release:{release.pk}",
        application=release.application_id,
        data={"version": release.version, "build": release.build_id},
        private={"reason": reason},
    )
    return release
