"""The release page: is this release fit to go to the next environment, and what would it bring there?"""

from dataclasses import dataclass

from django.urls import reverse

from builds.models import Evidence
from deployments.changes import running_release
from deployments.decision import decide, subject_for
from deployments.models import Deployment
from insights.frame import Frame
from insights.reads import checks
from insights.reads.comparison import Comparison, compare
from insights.reads.events import timeline
from insights.reads.evidence import evidence_rows, missing_kinds
from insights.reads.expedited import Offer, offer_of
from insights.reads.release_act import Act, act_of
from insights.reads.releases import stops_of
from kernel.permissions import Permission
from kernel.refusals import NotFound
from kernel.verdicts import Verdict
from pipelines.models import Environment, PipelineVersion
from pipelines.queries import current_pipeline, environments
from releases.models import Release
from releases.queries import get_release

BEEN = ("succeeded", "replaced")


@dataclass
class ReleasePage:
    """`target`: the environment the checks are about, None without a pipeline; `against`: the one the
    comparison is made with."""

    release: Release
    stops: list[dict]
    places: list[Environment]
    target: Environment | None
    verdict: Verdict | None
    checks: list[dict]
    act: Act | None
    against: str
    comparison: Comparison
    artifacts: list
    evidence: list[dict]
    missing: list[str]
    events: list[dict]
    may_break_glass: bool = False
    offer: Offer | None = None  # the expedited way, where it is open to this person

    @property
    def run_url(self) -> str:
        """The CI run's page; only an https address becomes a link."""
        url = str((self.release.build.run or {}).get("url") or "")
        return url if url.startswith("https://") else ""


def read_release(
    frame: Frame, application: str, version: str, *, to: str = "", against: str = ""
) -> ReleasePage:
    """`to` and `against` name environments; empty ones are chosen. Raises NotFound."""
    release = get_release(frame.actor, application, version)
    known = {place.pk: place for place in environments()}
    pipeline = current_pipeline(application)
    places = _places(pipeline, known)
    been = {stop["environment"]: stop for stop in stops_of([release]).get(release.pk, [])}
    target = _chosen(known, to) if to else _next(places, been)
    base = _chosen(known, against).pk if against else (target.pk if target else "")
    subject = subject_for(release, target) if target else None
    verdict = decide(subject, frame.actor, frame.now) if subject else None
    evidence = list(Evidence.objects.filter(build=release.build, subject=f"build:{release.build_id}"))
    running = running_release(application, target.pk) if target else None
    act = act_of(frame.actor, release, target, verdict, subject, running) if target else None
    offer, act = offer_of(frame, release, target, pipeline, act) if act else (None, None)
    return ReleasePage(
        release=release,
        stops=_stops(places, been),
        places=places,
        target=target,
        verdict=verdict,
        checks=checks.rows_of(verdict) if verdict else [],
        act=act,
        offer=offer,
        against=base,
        comparison=compare(release, running if target and base == target.pk else _runs(application, base)),
        artifacts=list(release.build.artifacts.all()),
        evidence=evidence_rows(evidence),
        missing=missing_kinds(evidence),
        events=timeline(frame, _subjects(release), leave_out=("aws.intended", "aws.recorded")),
        may_break_glass=_blocked(verdict) and frame.actor.may(Permission.BREAK_GLASS),
    )


def _blocked(verdict: Verdict | None) -> bool:
    return verdict is not None and verdict.word != "allow"


def _runs(application: str, environment: str) -> Release | None:
    return running_release(application, environment) if environment else None


def _places(pipeline: PipelineVersion | None, known: dict[str, Environment]) -> list[Environment]:
    """The environments of the pipeline in force, in its order; those without a stage are left out."""
    stages = pipeline.spec["stages"] if pipeline else []
    return [known[stage["environment"]] for stage in stages if stage["environment"] in known]


def _chosen(known: dict[str, Environment], name: str) -> Environment:
    """Also one that the pipeline does not lead to (any more): the checks then say so."""
    if name not in known:
        raise NotFound
    return known[name]


def _next(places: list[Environment], been: dict) -> Environment | None:
    """The first place where it has not succeeded; the last one if it has been everywhere."""
    ahead = (place for place in places if been.get(place.pk, {}).get("state") not in BEEN)
    return next(ahead, places[-1] if places else None)


def _stops(places: list[Environment], been: dict) -> list[dict]:
    """Every stage of the pipeline, and whatever else it was deployed to before the pipeline changed."""
    names = [place.pk for place in places]
    names += [name for name in been if name not in names]
    return [_stop(been.get(name) or {"environment": name}) for name in names]


def _stop(stop: dict) -> dict:
    pk = stop.get("deployment")
    return {**stop, "url": reverse("deployment", args=[pk]) if pk else ""}


def _subjects(release: Release) -> list[str]:
    rows = Deployment.objects.filter(release=release).values_list("pk", "approval_id")
    found = [f"release:{release.pk}", f"build:{release.build_id}"]
    for deployment, approval in rows:
        found += [f"deployment:{deployment}", *([f"approval:{approval}"] if approval else [])]
    return found
