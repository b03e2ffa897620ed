"""Take a build back: it must not be promoted any further (requirement A10)."""

from django.db import transaction

from audit.actions.append import append
from builds.models import Build
from builds.queries import get_build
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid

LONGEST_REASON = 2000


@transaction.atomic
def withdraw_build(*, actor: Actor, build_id: str, reason: str) -> Build:
    """Mark the build withdrawn; ending its pending deployments is deployments' part.

    Records `build.withdrawn`. Raises NotFound; Forbidden; Invalid 422 `reason_required`,
    `reason_too_long`; Conflict 409 `already_withdrawn`.
    """
    build = get_build(actor, build_id)
    require(actor, Permission.BUILD_WITHDRAW, team=build.application.team_id)
    reason = check_reason(reason)
    at = now()
    moved = Build.objects.filter(pk=build.pk, withdrawn_at__isnull=True).update(
        withdrawn_at=at, withdrawn_reason=reason
    )
    if moved != 1:
        raise Conflict("This build was withdrawn before.", code="already_withdrawn")
    build.withdrawn_at, build.withdrawn_reason = at, reason
    append(
        kind="build.withdrawn",
        actor=actor,
        subject=f"build:{build.pk}",
        application=build.application_id,
        data={"version": build.version, "digest": build.digest},
        private={"reason": reason},
    )
    return build


def check_reason(reason: str) -> str:
    """The reason without surrounding white space; Invalid 422 when it is empty or over 2,000 characters."""
    reason = reason.strip()
    if not reason:
        raise Invalid(errors=[_error("reason_required", "Say why; whoever waits for it will read it.")])
    if len(reason) > LONGEST_REASON:
        raise Invalid(
            errors=[_error("reason_too_long", f"A reason has at most {LONGEST_REASON} characters.")]
        )
    return reason


def _error(code: str, detail: str) -> dict:
    return {"pointer": "/reason", "code": code, "detail": detail}
