"""THE question: may it go? One function, called by the page, the API, the scheduler, the worker and the pre-check.

There is no second opinion anywhere: whatever starts a deployment asks here, in the transaction that starts it.
"""

from datetime import datetime

from django.db.models import Prefetch

from deployments.facts import NOTHING, Candidate, Seen, collect
from deployments.models import Deployment
from deployments.rules import judge
from deployments.states import TERMINAL
from kernel.actor import Actor
from kernel.refusals import NotFound
from kernel.verdicts import Verdict
from pipelines.models import Environment
from pipelines.queries import visible_application_names
from releases.models import Release


def decide(subject: Deployment | Candidate, actor: Actor, at: datetime, seen: Seen = NOTHING) -> Verdict:
    """Allow, Wait(until, reasons) or Deny(reasons), with the state of every check.

    `actor` decides what is visible, never the verdict: NotFound for an application it may not see, unless the
    deployment's approval was escalated to a group of the actor's. `seen`: what was read in the same look.
    No side effect.
    """
    visible = visible_application_names(actor)
    if (
        visible is not None
        and subject.release.application_id not in visible
        and not _escalated(subject, actor)
    ):
        raise NotFound()
    return judge(collect(subject, at, seen))


def _escalated(subject: Deployment | Candidate, actor: Actor) -> bool:
    approval = subject.approval if isinstance(subject, Deployment) else None
    return approval is not None and approval.escalated_to in actor.groups  # no group has an empty name


def subject_for(
    release: Release, environment: Environment, *, expedited: bool = False
) -> Deployment | Candidate:
    """The open deployment of the pair, or the pair itself as a hypothetical candidate, `expedited` or not."""
    rows = Deployment.objects.filter(release=release, environment=environment).exclude(state__in=TERMINAL)
    row = with_everything(rows).first()
    return row or Candidate(release, environment, expedited=expedited)


def with_everything(rows):
    """Load what `decide` reads about deployments: three queries, however many rows.

    Not one join of all nine tables: to plan that takes PostgreSQL longer than it takes to read them in two parts.
    """
    releases = Release.objects.select_related("application", "build").prefetch_related("build__artifacts")
    rows = rows.select_related("approval", "environment__account", "pipeline_version", "requested_by")
    return rows.prefetch_related(Prefetch("release", releases))
