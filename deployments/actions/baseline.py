"""Record what already runs somewhere, claiming no approval: an event kind of its own."""

from django.db import transaction

from audit.actions.append import append
from deployments import history
from deployments.models import Deployment, Lane
from deployments.states import State
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Invalid, NotFound
from pipelines.models import Environment
from pipelines.queries import current_pipeline, stage_of
from releases.queries import get_release


class LaneBusy(Conflict):
    code = "lane_busy"
    title = "A deployment runs there"


@transaction.atomic
def baseline(*, actor: Actor, application: str, version: str, environment: str, reason: str) -> Deployment:
    """A deployment of kind `baseline`, succeeded now; it counts as the last verified release there."""
    release = get_release(actor, application, version)
    place = Environment.objects.select_related("account").filter(pk=environment, archived_at=None).first()
    if place is None:
        raise NotFound()
    require(actor, Permission.DEPLOYMENT_BASELINE)
    if not reason.strip():
        raise Invalid(
            errors=[{"pointer": "/reason", "code": "reason_required", "detail": "Say how you know."}]
        )
    pipeline = current_pipeline(application)
    if pipeline is None or stage_of(pipeline, environment) is None:
        detail = f"The pipeline has no stage for {environment}."
        raise Invalid(errors=[{"pointer": "/environment", "code": "not_in_pipeline", "detail": detail}])
    lane, _ = Lane.objects.get_or_create(application_id=application, environment=place)
    row = _create(actor, release, place, pipeline, reason.strip(), now())
    # One conditional UPDATE: a start that takes the lane at this instant is not written over.
    held = Lane.objects.filter(pk=lane.pk, in_progress=None)
    if held.update(deployment=row, version=version, since=row.ended_at) != 1:
        raise LaneBusy("A deployment is being carried out there.")
    history.record(row)
    return row


def _create(actor: Actor, release, place: Environment, pipeline, reason: str, at) -> Deployment:
    row = Deployment.objects.create(
        application_id=release.application_id,
        environment=place,
        release=release,
        version=release.version,
        kind="baseline",
        state=State.SUCCEEDED,
        requested_by_id=actor.person_id,
        requested_by_name=actor.name,
        requested_by_tag=actor.tag,
        reason=reason,
        requested_at=at,
        ended_at=at,
        cleaned_at=at,
        pool=place.account.pool,
        pipeline_version=pipeline,
    )
    append(
        kind="deployment.baseline",
        actor=actor,
        subject=f"deployment:{row.pk}",
        environment=place.name,
        application=release.application_id,
        data={"release": release.pk, "version": release.version},
        private={"reason": row.reason},
    )
    return row
