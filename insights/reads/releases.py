"""The list of releases, newest first, with where each has been."""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from deployments.models import Deployment, Lane
from deployments.states import State
from insights.frame import Frame
from kernel.paging import page
from releases.models import Release

PAGE = 50


@dataclass(frozen=True)
class ReleaseRow:
    """`stops`: for components/track.html, of the environments it was asked for, in order of rank."""

    release: Release
    stops: list[dict]


def read_releases(frame: Frame, application: str, cursor: str | None) -> tuple[list[ReleaseRow], str | None]:
    """(rows, cursor of the next page or None). Two queries. Raises Invalid for a cursor that is not ours."""
    rows = Release.objects.select_related("build")
    rows = rows.defer("build__commits", "build__test_spec")
    if frame.names is not None:
        rows = rows.filter(application__in=frame.names)
    if application:
        rows = rows.filter(application__name__icontains=application)
    found = page(rows, cursor=cursor or None, limit=PAGE)
    stops = stops_of(found.items)
    return [ReleaseRow(row, stops.get(row.pk, [])) for row in found.items], found.next_cursor


def stops_of(releases: list[Release]) -> dict[str, list[dict]]:
    """{release id: [{environment, state, why, at, deployment}]}: the newest deployment in each environment;
    `replaced` where it succeeded and something else runs there now."""
    here = Exists(Lane.objects.filter(deployment=OuterRef("pk")))
    rows = Deployment.objects.filter(release__in=releases).annotate(here=here)
    rows = rows.order_by("environment__rank", "requested_at", "id")
    columns = ("release_id", "environment_id", "state", "waiting_for", "pk", "here")
    times = ("ended_at", "started_at", "requested_at")
    found: dict[str, dict[str, dict]] = {}
    for release, environment, state, why, pk, here, *seen in rows.values_list(*columns, *times):
        found.setdefault(release, {})[environment] = {
            "environment": environment,
            "state": "replaced" if state == State.SUCCEEDED and not here else state,
            "why": why,
            "at": next(at for at in seen if at),
            "deployment": pk,
        }
    return {release: list(stops.values()) for release, stops in found.items()}
