"""Collect what the rules ask, with a fixed number of queries. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, Subquery

from approvals import gate
from approvals.binding import content_hash
from builds.testspec import suites_for
from deployments.binding import subject_of
from deployments.bypass import Bypass
from deployments.expedited import path_of, way_of
from deployments.models import BreakGlass, Deployment, Lane, Worker
from deployments.rules import Facts
from deployments.states import HOLDS_LANE, PENDING, State
from kernel.clock import DatabaseNow
from kernel.verdicts import Check, CheckState, Reason
from pipelines import queries as pipelines
from pipelines.models import Environment, PipelineVersion
from pipelines.openings import Rules, opening_for
from releases.models import Release


@dataclass(frozen=True)
class Candidate:
    """A release and an environment that have no open deployment: the answer is hypothetical.

    `bypass`: as if the glass were broken so; `expedited`: as if that way were asked for.
    """

    release: Release
    environment: Environment
    bypass: Bypass | None = None
    expedited: bool = False


@dataclass(frozen=True)
class Seen:
    """What the caller has read in this very look, and need not be read again. None: it is read here.

    Never from before a transaction: what starts a deployment hands in only what it read inside its own."""

    pipeline: PipelineVersion | None = None
    rules: Rules | None = None


NOTHING = Seen()


def collect(subject: Deployment | Candidate, at: datetime, seen: Seen = NOTHING) -> Facts:
    deployment = subject if isinstance(subject, Deployment) else None
    release, environment = subject.release, subject.environment
    build = release.build
    pipeline = seen.pipeline or pipelines.current_pipeline(release.application_id)
    stage = pipelines.stage_of(pipeline, environment.name)
    path, previous, way = _way(subject.expedited, pipeline, environment.name)
    account = environment.account
    returning = deployment is not None and deployment.kind == "rollback"
    action = "rollback" if returning else "deploy"
    opening = opening_for(environment, release.application_id, at, action=action, rules=seen.rules)
    return Facts(
        **_lane(deployment, release, environment, None if returning else previous, account.pool),
        at=at,
        application=release.application_id,
        version=release.version,
        environment=environment.name,
        release=release.id,
        hypothetical=deployment is None,
        withdrawn=release.state == "withdrawn" or build.withdrawn_at is not None,
        withdrawn_reason=release.withdrawn_reason or build.withdrawn_reason,
        artifacts=tuple((a.name, a.state, a.detail) for a in build.artifacts.all()),
        stage=stage,
        previous=previous,
        returning=returning,
        test_problem=test_problem(build, environment.name),
        protected=environment.protected,
        account=account.id,
        account_unproved=_unproved(account) if environment.protected else None,
        plan_state=_plan_state(deployment),
        plan_detail=deployment.plan_data.get("detail", "") if deployment else "",
        people=_people(deployment, release, environment, stage, pipeline, path, at),
        expedited=way,
        opening=opening,
        not_before=deployment.not_before if deployment else None,
        pool=account.pool,
        bypass=subject.bypass if deployment is None else bypass_of(deployment, at),
        overdue_review=_overdue(release.application_id, environment, at),
    )


def _way(expedited: bool, pipeline: PipelineVersion | None, environment: str):
    """The path it asked for, the stage that it must have passed, and what the rules ask of it."""
    path = path_of(expedited, pipeline, environment)
    previous = pipelines.previous_stage(pipeline, environment, path["skip"] if path else ())
    return path, previous, way_of(expedited, path, pipelines.previous_stage(pipeline, environment))


def bypass_of(deployment: Deployment, at: datetime) -> Bypass | None:
    """The break-glass that is in force for it: none before it was broken, none after its `until`,
    and none once somebody whose word it needs has no access any more: then somebody else breaks it anew."""
    if not deployment.break_glass:
        return None
    alone = Q(needs__lt=2) | Q(confirmed_by=None)
    word = Q(opened_by__is_active=True) & (alone | Q(confirmed_by__is_active=True))
    rows = BreakGlass.objects.filter(word, deployment=deployment, until__gt=at).select_related("opened_by")
    row = rows.order_by("-opened_at").first()
    if row is None:
        return None
    confirmed = row.needs < 2 or row.confirmed_at is not None
    skip = frozenset(row.skip)
    return Bypass(row.pk, row.opened_by.username, row.reason, row.incident, skip, row.until, confirmed)


def _overdue(application: str, environment: Environment, at: datetime):
    """The oldest review that blocks later deployments here, where the environment says that one does."""
    if environment.overdue_review != "block":
        return None
    rows = BreakGlass.objects.filter(reviewed_at=None, due_at__lte=at)
    rows = rows.filter(deployment__application_id=application, deployment__environment=environment)
    return rows.order_by("due_at").values_list("pk", "deployment__version", "due_at").first()


def pool_alive(pool: str) -> bool:
    """A worker of the pool touched its row within WORKER_ALIVE_SECONDS, by the database's raw clock."""
    newest = _newest_worker(pool).annotate(read_at=DatabaseNow()).values_list("seen_at", "read_at").first()
    return newest is not None and _alive(*newest)


def _newest_worker(pool: str):
    return Worker.objects.filter(pool__in=(pool, "*")).order_by("-seen_at")


def _alive(seen_at: datetime | None, read_at: datetime) -> bool:
    return seen_at is not None and seen_at >= read_at - timedelta(seconds=settings.WORKER_ALIVE_SECONDS)


def test_problem(build, environment: str) -> str | None:
    """Why the tests of this build cannot run there, or None."""
    if not any(artifact.kind == "test-bundle" for artifact in build.artifacts.all()):
        return "the build has no test-bundle."
    spec = build.test_spec
    if spec is None:
        return None  # not read yet: the artifact check waits for it
    if spec.get("problems"):
        first = spec["problems"][0]
        place = f"line {first['line']}, {first.get('pointer') or '/'}: " if first.get("line") else ""
        return f"releasegate/tests.yaml cannot be used: {place}{first.get('detail', first)}"
    return None if suites_for(spec, environment) else "releasegate/tests.yaml names no suite for it."


def _unproved(account) -> str | None:
    """Tested and found assumable without the external id (B01). Never tested: the plan step tests it first."""
    for check in (account.test_result or {}).get("checks", ()):
        if check["name"] == "external_id_required" and check["state"] == "fail":
            return f"The role of account {account.alias} can be assumed without the external id."
    return None


def _plan_state(deployment: Deployment | None) -> str:
    if deployment is None:
        return "not_computed"
    return "failed" if deployment.plan_data.get("failed") else deployment.plan_state


def _people(
    deployment, release, environment, stage, pipeline: PipelineVersion | None, path, at: datetime
) -> Check:
    rule = gate.effective_gate(environment, release.application, (stage or {}).get("slots") or [], path)
    if rule is None:
        return Check("people", CheckState.PASS)
    if deployment is None or deployment.approval is None:
        text = f"{environment.name} needs {gate.in_words(rule)}."
        reason = Reason(
            "approval_needed",
            text,
            f"environment:{environment.name}",
            None,
            "Request the deployment; people are asked then.",
        )
        return Check("people", CheckState.WAIT, (reason,))
    answer = gate.people(deployment.approval, at)
    if answer.state == CheckState.PASS and stage is not None and deployment.plan_state != "not_computed":
        # The word was given for exactly this content: compute it anew from what would be done now.
        now_hash = content_hash(
            subject_of(deployment, stage=stage, pipeline=pipeline, gate_version=rule["version"])
        )
        if now_hash != deployment.approval.content_hash:
            text = "What would be deployed is no longer what was approved; the votes are void."
            reason = Reason(
                "approval_void",
                text,
                f"approval:{deployment.approval_id}",
                None,
                "Look at it again and vote.",
            )
            return Check("people", CheckState.WAIT, (reason,))
    return Check("people", answer.state, tuple(answer.reasons))


def _lane(deployment, release, environment, previous: str | None, pool: str):
    """Who holds the lane, what locks it, an earlier request of a `queue` lane, the open one that a `reject` lane
    refuses for; when this release last succeeded in the stage before; and whether the pool lives. One query for
    all of it, where there is any such row."""
    shown = Lane.objects.filter(application_id=release.application_id, environment=environment)
    # What the lane shows is a rollback that failed, until a baseline or a rollback says what runs (E09).
    locking = Q(state=State.ROLLBACK_FAILED, pk__in=shown.values("deployment"))
    here = Q(application_id=release.application_id, environment=environment)
    here &= Q(state__in=HOLDS_LANE | PENDING) | locking
    if deployment is not None:
        here &= ~Q(pk=deployment.pk)
    before = Q(release=release, environment=previous, state=State.SUCCEEDED)
    found = Deployment.objects.filter(here | before if previous else here).order_by("requested_at", "id")
    seen = Subquery(_newest_worker(pool).values("seen_at")[:1])
    columns = ("id", "version", "state", "requested_at", "waiting_for", "ended_at", "pool_seen", "read_at")
    every = list(found.annotate(pool_seen=seen, read_at=DatabaseNow()).values_list(*columns))
    succeeded = [r[5] for r in every if r[2] == State.SUCCEEDED]
    locked = next(((r[0], r[1]) for r in every if r[2] == State.ROLLBACK_FAILED), None)
    rows = [r for r in every if r[2] not in (State.ROLLBACK_FAILED, State.SUCCEEDED)]
    holder = next(((r[0], r[1], r[2]) for r in rows if r[2] in HOLDS_LANE), None)
    ahead = rejects = None
    if environment.lane == "queue" and deployment is not None:
        mine = (deployment.requested_at, deployment.id)
        # Only those that wait for time or the lane count: waiting for a human never blocks anybody else.
        ahead = next(
            (
                (r[0], r[1])
                for r in rows
                if r[2] == State.WAITING and r[4] in ("window", "lane") and (r[3], r[0]) < mine
            ),
            None,
        )
    if environment.lane == "reject" and deployment is None and rows:
        rejects = f"{rows[0][1]} ({rows[0][0]})"
    lane = {"lane_holder": holder, "lane_ahead": ahead, "lane_rejects": rejects, "lane_locked": locked}
    alive = _alive(*every[0][6:]) if every else pool_alive(pool)
    return {**lane, "previous_at": max(succeeded, default=None), "pool_alive": alive}


# pytest would collect a function of that name from any module that imports it.
test_problem.__test__ = False
