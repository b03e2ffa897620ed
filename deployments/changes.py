"""What would change against what runs in an environment now."""

from django.db.models import QuerySet

from approvals.gate import relations
from deployments.models import Lane
from pipelines.models import PipelineVersion
from releases.changes import ChangeList
from releases.models import Release
from releases.queries import change_list


def running_release(application: str, environment: str) -> Release | None:
    """The release that runs there by our record, or None."""
    return _running(application, environment).select_related("build").first()


def _running(application: str, environment: str) -> QuerySet[Release]:
    lane = Lane.objects.filter(application_id=application, environment_id=environment).exclude(version="")
    return Release.objects.filter(pk__in=lane.values("deployment__release"))


def changes_for(release: Release, environment: str) -> ChangeList:
    """Commits between what runs there and `release`, by what was posted with the builds (A11)."""
    return change_list(_running(release.application_id, environment).first(), release)


def relations_of(deployment, pipeline: PipelineVersion) -> list[dict]:
    """Everybody who had a hand in what would be deployed now: who asked, who built, who wrote what is not running
    there yet, who edited the pipeline."""
    person = deployment.requested_by
    changes = changes_for(deployment.release, deployment.environment_id)
    return relations(
        release=deployment.release,
        requester_person_id=person.pk if person else None,
        requester_emails=[person.email] if person else [],
        pipeline_editor=pipeline.edited_by,
        commits=changes.commits,
        missing=changes.missing,
    )
