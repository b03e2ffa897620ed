"""Break the glass: one release into one environment past the checks that are named, on the record, to be reviewed."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from audit.actions.append import append
from deployments import history
from deployments.actions.request import create, denied
from deployments.bypass import LONGEST, SHORTEST_REASON, SKIPPABLE, Bypass, review_due
from deployments.changes import relations_of
from deployments.decision import decide, subject_for
from deployments.facts import Candidate, bypass_of
from deployments.lease import poke
from deployments.models import BreakGlass, Deployment
from deployments.states import PENDING
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from kernel.verdicts import Deny, wire_time
from pipelines.models import Environment
from pipelines.queries import current_pipeline
from pipelines.secrets import find_secret
from releases.queries import get_release


class AlreadyGoing(Conflict):
    code = "already_going"
    title = "It cannot be let past anything any more"


@transaction.atomic
def break_glass(
    *,
    actor: Actor,
    application: str,
    version: str,
    environment: str,
    reason: str,
    incident: str,
    skip: list[str] | None = None,
    until: datetime | None = None,
    drill: bool = False,
) -> BreakGlass:
    """The break-glass, with the deployment it lets through: a new one, or the pair's open one. Never past the
    artifact, the plan, a lane in use or the audit log: what those deny is refused here, too.

    Records `break_glass.opened`. Raises NotFound; Forbidden; Invalid 422 `reason_too_short`, `incident_required`,
    `secret_in_text`, `skip_invalid`, `until_invalid`, `drill_protected`; Conflict 409 `denied`, `already_going`.
    """
    release = get_release(actor, application, version)
    place = Environment.objects.select_related("account").filter(pk=environment, archived_at=None).first()
    if place is None:
        raise NotFound()
    require(actor, Permission.BREAK_GLASS)
    if not actor.is_human:
        raise Forbidden("Only a person breaks the glass.", code="human_required")
    at = now()
    skip, until = SKIPPABLE if skip is None else skip, until or at + LONGEST
    said = {"reason": reason.strip(), "incident": incident.strip()}
    _check(said, skip, until, at, drill and place.protected)
    bypass = Bypass("", actor.name, said["reason"], said["incident"], frozenset(skip), until, True)
    deployment = _deployment(actor, release, place, bypass, at)
    terms = {"skip": [name for name in SKIPPABLE if name in skip], "until": until, "drill": drill}
    return _open(actor, deployment, place, at, **said, **terms)


def _check(said: dict, skip, until: datetime, at: datetime, protected_drill: bool) -> None:
    errors = []
    if len(said["reason"]) < SHORTEST_REASON:
        errors.append(("/reason", "reason_too_short", f"Say why in at least {SHORTEST_REASON} characters."))
    if not said["incident"]:
        errors.append(("/incident", "incident_required", "Name the incident."))
    leak = "This looks like a secret; it would stay on record."
    errors += [(f"/{key}", "secret_in_text", leak) for key in said if find_secret(said[key]) is not None]
    if not skip or not set(skip) <= set(SKIPPABLE):
        errors.append(("/skip", "skip_invalid", f"One or more of {', '.join(SKIPPABLE)}; nothing else."))
    if not at < until <= at + LONGEST + timedelta(seconds=1):
        hours = int(LONGEST.total_seconds() // 3600)
        errors.append(("/until", "until_invalid", f"An instant within the next {hours} hours."))
    if protected_drill:
        errors.append(("/drill", "drill_protected", "A drill is held where nothing is protected."))
    if errors:
        raise Invalid(errors=[dict(zip(("pointer", "code", "detail"), e, strict=True)) for e in errors])


def _deployment(actor: Actor, release, place: Environment, bypass: Bypass, at: datetime) -> Deployment:
    """The pair's open request, marked for ever; or a new one, if nothing that cannot be skipped denies it."""
    found = subject_for(release, place)
    if isinstance(found, Deployment):
        if found.state not in PENDING:
            raise AlreadyGoing(f"{found.pk} is {found.state} already.", deployment=found.pk)
        if bypass_of(found, at) is not None:
            raise AlreadyGoing(f"The glass is broken for {found.pk} already.", deployment=found.pk)
        if Deployment.objects.filter(pk=found.pk, state__in=PENDING).update(break_glass=True) != 1:
            raise AlreadyGoing(f"{found.pk} moved on just now.", deployment=found.pk)
        found.break_glass = True
        return found
    verdict = decide(Candidate(release, place, bypass), actor, at)
    if isinstance(verdict, Deny):
        raise denied(release, place, verdict)
    return create(actor, release, place, bypass.why, {}, None, at, break_glass=True)


def _open(actor: Actor, deployment: Deployment, place: Environment, at: datetime, **terms) -> BreakGlass:
    row = BreakGlass.objects.create(
        deployment=deployment,
        needs=place.break_glass,
        relations=relations_of(deployment, current_pipeline(deployment.application_id)),
        opened_by_id=actor.person_id,
        opened_at=at,
        due_at=review_due(at, settings.REVIEW_WORKING_DAYS),
        **terms,
    )
    append(
        kind="break_glass.opened",
        actor=actor,
        subject=f"deployment:{deployment.pk}",
        environment=place.name,
        application=deployment.application_id,
        data={
            "review": row.pk,
            "version": deployment.version,
            "skip": row.skip,
            "until": wire_time(row.until),
            "due_at": wire_time(row.due_at),
            "drill": row.drill,
            "needs": row.needs,
        },
        private={"reason": row.reason, "incident": row.incident},
    )
    history.record(deployment)
    poke(deployment.pk)
    return row
