"""A company in one call: people, groups, accounts, environments, a pipeline, and releases with verified builds."""

from datetime import timedelta

from approvals.models import ApprovalRequest
from builds.models import Artifact, Build
from deployments.actions.request import request
from deployments.decision import with_everything
from deployments.engine import pending
from deployments.engine.planning import basis
from deployments.engine.work import Work
from deployments.models import Deployment, Lane, Worker
from deployments.states import State
from kernel.actor import Actor
from kernel.clock import now, raw_now
from pipelines.sessions import sessions
from releases.models import Release
from teams.models import Person
from teams.queries import actor_for_person
from tests import people
from tests.pipelines import places

SUITE = {"name": "smoke", "kind": "codebuild", "buildspec": "smoke.yml", "environments": None, "timeout": 60}
SPEC = {
    "digest": "sha256:" + "5" * 64,
    "suites": [{**SUITE, "required": True, "retries": 0, "report": "junit.xml"}],
}
GATE = {"exclude": ["requester", "submitter", "author"], "expires_in": 86_400, "valid_for": 3_600}


class World:
    """rita (release-managers), rosa (both groups), omar (owners), dana (team), aude (auditor), eve (nobody)."""

    def __init__(self, *, lane: str = "supersede", gate: dict | None = None):
        people.application("payments")
        people.person("rita", roles=["release_manager"], groups=["release-managers"])
        people.person("rosa", roles=["release_manager"], groups=["release-managers", "payments-owners"])
        people.person("omar", groups=["payments-owners"])
        people.person("dana", teams=["payments"])
        people.person("aude", roles=["auditor"])
        people.person("eve")
        slots = [("release-managers", 1), ("@owners", 1)]
        self.dev = places.environment("dev", default_open=True)
        self.prod = places.environment(
            "prod", slots=slots, protected=True, default_open=True, gate={**GATE, **(gate or {})}, lane=lane
        )
        self.pipeline = places.pipeline(environments=("dev", "prod"))
        self.alive()

    def alive(self) -> None:
        """A worker of every pool says that it lives."""
        at = raw_now()
        Worker.objects.update_or_create(name="test", defaults={"pool": "*", "started_at": at, "seen_at": at})

    def actor(self, username: str) -> Actor:
        person = Person.objects.get(username=username)
        return actor_for_person(person, method="session", ip="192.0.2.1", request_id="req_test")

    def release(
        self, version: str = "1.0.0", *, state: str = "verified", commits=(), submitter: str = ""
    ) -> Release:
        """A release whose artifacts are in `state`."""
        at = now()
        build = Build.objects.create(
            application_id="payments",
            version=version,
            commit="a" * 40,
            branch="main",
            submitter=submitter,
            posted_by="application:payments",
            commits=list(commits),
            digest="sha256:" + "d" * 64,
            state=state if state == "verified" else "received",
            created_at=at,
            test_spec=SPEC,
        )
        for name, kind in (("template", "cloudformation-template"), ("tests", "test-bundle")):
            Artifact.objects.create(
                build=build,
                name=name,
                kind=kind,
                uri=f"s3://b/{name}",
                digest="sha256:" + "e" * 64,
                state=state,
            )
        return Release.objects.create(
            application_id="payments",
            version=version,
            build=build,
            state="open",
            cut_at=at,
            cut_by="system:test",
        )

    def ran(self, release: Release, environment: str = "dev") -> Deployment:
        """This release succeeded there."""
        at = now() - timedelta(minutes=5)
        row = Deployment.objects.create(
            application_id="payments",
            environment_id=environment,
            release=release,
            version=release.version,
            state=State.SUCCEEDED,
            requested_by_name="dana",
            requested_by_tag="user:per_dana",
            requested_at=at,
            ended_at=at,
            cleaned_at=at,
            pipeline_version=self.pipeline,
        )
        lane, _ = Lane.objects.get_or_create(application_id="payments", environment_id=environment)
        Lane.objects.filter(pk=lane.pk).update(deployment=row, version=release.version, since=at)
        return row

    def ask(self, release: Release, environment: str = "prod", by: str = "dana", **more) -> Deployment:
        asked = request(
            actor=self.actor(by),
            application="payments",
            version=release.version,
            environment=environment,
            **more,
        )
        return asked.deployment

    def planned(self, deployment: Deployment, changes: int = 1) -> Deployment:
        """As if AWS had answered: the plan is there, and people were asked by the engine itself."""
        deployment = fresh(deployment)
        rows = [
            {"action": "Modify", "logical_id": f"R{n}", "type": "T", "replacement": None}
            for n in range(changes)
        ]
        values = {
            "plan_state": "ready",
            "plan_digest": "sha256:" + "7" * 64,
            "plan_changes": rows,
            "pipeline_version": self.pipeline,
            "plan_data": {"basis": basis(work_of(deployment, self.pipeline)), "target": {}},
        }
        Deployment.objects.filter(pk=deployment.pk).update(**values)
        tick(deployment)
        return fresh(deployment)

    def waiting(self, version: str = "1.0.0", **more) -> tuple[Deployment, ApprovalRequest]:
        """A deployment to prod that waits for two keys."""
        release = self.release(version, **more)
        self.ran(release)
        deployment = self.planned(self.ask(release))
        return deployment, deployment.approval


def fresh(deployment: Deployment) -> Deployment:
    return with_everything(Deployment.objects.filter(pk=deployment.pk)).get()


def work_of(deployment: Deployment, pipeline) -> Work:
    return Work(deployment, pipeline, sessions(), "test")


def tick(deployment: Deployment) -> None:
    """What the worker does with a planned request: ask the people, ask decide(), say the state. Starts nothing,
    because it does not call start.attempt."""
    row = fresh(deployment)
    work = work_of(row, row.pipeline_version)
    pending.ask_people(work)
    if pending.end_of_approval(work):
        return
    pending.settle(work, pending.decide(fresh(row), work.actor, now()))
