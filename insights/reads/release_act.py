"""The one next step for this person with this release in this environment. Pure over what was read."""

from dataclasses import dataclass, field

from deployments.models import Deployment
from deployments.states import State
from kernel.actor import Actor
from kernel.permissions import ROLE_PERMISSIONS, Permission
from kernel.verdicts import Deny, Reason, Verdict
from pipelines.models import Environment
from releases.models import Release


@dataclass(frozen=True)
class Act:
    """`kind`: review (an approval waits), follow (a deployment is open), request (the form is theirs), expedited (the
    same, and the reasons close the usual way), runs (it is there), or none with the reason why."""

    kind: str
    deployment: Deployment | None = None
    reasons: tuple[Reason, ...] = field(default=())


def act_of(
    actor: Actor, release: Release, target: Environment, verdict: Verdict, subject, running: Release | None
) -> Act:
    """`subject`: what decide() was asked about: an open deployment, or the pair. `running`: the release that runs
    there now."""
    if isinstance(subject, Deployment):
        return Act("review" if subject.state == State.NEEDS_APPROVAL else "follow", subject)
    if running is not None and running.pk == release.pk:
        return Act("runs")
    if isinstance(verdict, Deny):
        return Act("none", reasons=verdict.reasons)
    team = release.application.team_id
    granted = team in actor.teams and Permission.DEPLOYMENT_REQUEST in ROLE_PERMISSIONS["team"]
    if not actor.may(Permission.DEPLOYMENT_REQUEST) and not granted:
        text = f"The team {team} and release managers request deployments of {release.application_id}."
        return Act("none", reasons=(Reason("forbidden", text, how_to_clear=f"Ask somebody of {team}."),))
    return Act("request", reasons=verdict.reasons)
