"""A small company in one call, made through the product's own actions; AWS is the one thing left out.

    world = World.make()
    asked = world.asked("1.1.0")             # dana asked for prod; planned; both keys are open
    world.vote(asked, "rita")
    world.vote(asked, "omar")

People: see ROLES and GROUPS (dana and dave are the team, zoe belongs to nothing). dev is open, staging needs one key,
prod two. That artifacts are verified and plans computed is written as the worker would write it.
"""

from dataclasses import dataclass, field

from django.db import transaction

from builds.models import Artifact, Build
from deployments import lease
from deployments.actions.baseline import baseline
from deployments.actions.beat import beat
from deployments.actions.cast_vote import cast_vote
from deployments.actions.request import request
from deployments.decision import decide, with_everything
from deployments.engine import pending, planning, start
from deployments.engine.work import Work
from deployments.models import Deployment
from deployments.states import State
from deployments.transition import transition
from kernel.actor import Actor, Method
from kernel.clock import now, raw_now
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.actions.update_environment import update_environment
from pipelines.models import Environment
from pipelines.queries import current_pipeline
from releases.actions.hand_over import hand_over
from releases.models import Release
from teams.actions.create_application import create_application
from teams.actions.create_group import create_group
from teams.actions.create_person import create_person
from teams.actions.create_team import create_team
from teams.models import Person
from teams.queries import actor_for_person
from tests import people
from tests.builds.posts import post
from tests.deployments.sources import pipeline_source

SYSTEM = Actor.system("tests")
REGION = "eu-west-1"
NUMBERS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
ROLES = {
    "rita": ["release_manager"],
    "rosa": ["release_manager"],
    "omar": [],
    "olga": [],
    "dana": [],
    "dave": [],
    "zoe": [],
    "aude": ["auditor"],
    "admin": ["administrator"],
}
GROUPS = {"release-managers": ["rita", "rosa"], "payments-owners": ["omar", "olga", "rosa"]}
PLACES = {
    "dev": {"rank": 10, "protected": False, "default_open": True, "slots": []},
    "staging": {
        "rank": 20,
        "protected": True,
        "default_open": True,
        "slots": [{"group": "release-managers", "count": 1}],
    },
}
PLACES["prod"] = {**PLACES["staging"], "rank": 30}
PLACES["prod"]["slots"] = [*PLACES["staging"]["slots"], {"group": "@owners", "count": 1}]
TEST_SPEC = {
    "digest": "sha256:" + "e" * 64,
    "suites": [{"name": "smoke", "environments": []}],
    "problems": [],
}


@dataclass
class World:
    """One application in three environments. `gates`: {environment: gate members} over PLACES."""

    application: str = "payments"
    stages: dict = field(default_factory=lambda: {"dev": {}, "staging": {}, "prod": {}})

    @classmethod
    def make(cls, *, gates=None, lanes=None, stages=None, versions=("1.0.0", "1.1.0"), alive=True) -> "World":
        """Everybody and everything, with `versions` released; the first runs everywhere as a baseline, and all
        others have come as far as staging. `alive`: a worker of the pool says that it lives."""
        world = cls(stages=stages or {"dev": {}, "staging": {}, "prod": {}})
        world._people()
        world._places(gates or {}, lanes or {})
        save_pipeline(
            actor=SYSTEM,
            application=world.application,
            source=pipeline_source(world.application, world.stages),
            version=0,
        )
        if alive:
            world.worker_lives()
        for number, version in enumerate(versions):
            world.release(version)
            for name in list(world.stages)[: None if number == 0 else -1]:
                world.runs(version, name)
        return world

    def _people(self) -> None:
        for name, roles in ROLES.items():
            values = {"email": people.email_of(name), "name": name.title(), "roles": roles}
            create_person(actor=SYSTEM, username=name, **values)
        for name, members in GROUPS.items():
            create_group(actor=SYSTEM, name=name, members=members)
        create_team(actor=SYSTEM, name=self.application, members=["dana", "dave"])
        create_application(
            actor=SYSTEM, name=self.application, team=self.application, owners_group="payments-owners"
        )

    def _places(self, gates: dict, lanes: dict) -> None:
        for name in self.stages:
            place = PLACES[name]
            create_account(
                actor=SYSTEM,
                account_id=NUMBERS[name],
                alias=name,
                regions=[REGION],
                deploy_role_arn=f"arn:aws:iam::{NUMBERS[name]}:role/deploy",
                pool="main",
            )
            create_environment(
                actor=SYSTEM,
                name=name,
                account=name,
                region=REGION,
                rank=place["rank"],
                protected=place["protected"],
                default_open=place["default_open"],
                gate={"slots": place["slots"], **gates.get(name, {})},
                lane=lanes.get(name, "supersede"),
            )

    def actor(self, username: str, *, method: Method = Method.SESSION) -> Actor:
        """The person as a caller, with groups and roles as they are now."""
        return actor_for_person(
            Person.objects.get(username=username), method=method, ip="198.51.100.7", request_id="req-1"
        )

    def ci(self, **more) -> Actor:
        """The application's CI, with every scope."""
        return people.ci(self.application, **more)

    def worker_lives(self, pool: str = "main") -> None:
        beat(worker="test:1", pool=pool)

    def release(self, version: str, *, verified: bool = True, **changes) -> Release:
        """A build handed over by the CI and its release; `changes` to the post (tests.builds.posts)."""
        build, release, _ = hand_over(
            actor=self.ci(), post=post(version, application=self.application, **changes)
        )
        if verified:
            self.verify(build)
        return release

    def verify(self, build: Build) -> None:
        """As after a worker read every artifact and the test-bundle."""
        Artifact.objects.filter(build=build).update(state="verified", checked_at=now())
        Build.objects.filter(pk=build.pk).update(state="verified", test_spec=TEST_SPEC)

    def get_release(self, version: str) -> Release:
        rows = Release.objects.select_related("application", "build")
        return rows.get(application_id=self.application, version=version)

    def define_path(self, environment: str = "prod", *, skip=("staging",), slots=()) -> None:
        """The pipeline's next version, with an expedited path there."""
        path = {environment: {"skip": skip, "slots": slots}}
        self._save(pipeline_source(self.application, self.stages, path))

    def undefine_paths(self) -> None:
        self._save(pipeline_source(self.application, self.stages))

    def _save(self, source: str) -> None:
        number = current_pipeline(self.application).number
        save_pipeline(actor=SYSTEM, application=self.application, source=source, version=number)

    def change_gate(self, environment: str, **members) -> None:
        """Members of that environment's gate replaced: from now on under another gate version."""
        row = Environment.objects.get(pk=environment)
        changes = {"gate": {**row.gate, **members}}
        update_environment(actor=SYSTEM, name=environment, version=row.version, changes=changes)

    def runs(self, version: str, environment: str) -> Deployment:
        """`version` runs in `environment` as a recorded baseline."""
        place = {"application": self.application, "environment": environment}
        return baseline(actor=SYSTEM, version=version, reason="Set up for a test.", **place)

    # -- deployments

    def request(self, version: str = "1.1.0", environment: str = "prod", *, by: str = "dana", **more):
        """The deployment that `by` asks for; nothing has looked at it yet."""
        place = {"application": self.application, "environment": environment}
        return request(actor=self.actor(by), version=version, **place, **more).deployment

    def asked(self, version: str = "1.1.0", environment: str = "prod", **more) -> Deployment:
        """Requested, planned, and settled as a worker would: with a gate, its people are asked."""
        return self.plan(self.request(version, environment, **more))

    def plan(self, deployment: Deployment, *, digest: str = "sha256:" + "d" * 64, state: str = "ready"):
        """A worker computed the plan, asked the people and wrote what decide() said; answers the fresh row."""
        with self.working(deployment) as work:
            changes = [{"action": "modify", "logical_id": "Function", "type": "AWS::Lambda::Function"}]
            data = {"basis": planning.basis(work), "target": {}, "detail": ""}
            Deployment.objects.filter(pk=deployment.pk).update(
                plan_state=state,
                plan_digest=digest,
                plan_changes=changes if state == "ready" else [],
                plan_data=data,
                pipeline_version=work.pipeline,
            )
        return self.settle(deployment)

    def settle(self, deployment: Deployment) -> Deployment:
        """A worker binds the people's word to the present content and writes what decide() says. No start."""
        with self.working(deployment) as work:
            pending.ask_people(work)
            if not pending.end_of_approval(work):
                verdict = decide(work.deployment, work.actor, work.at)
                if verdict.word != "allow":
                    pending.settle(work, verdict)
        return self.fresh(deployment)

    def vote(self, deployment: Deployment, username: str, decision: str = "approve", comment: str = ""):
        """What cast_vote() answers for that person on the present content."""
        approval = self.fresh(deployment).approval
        return cast_vote(
            actor=self.actor(username),
            request_id=approval.pk,
            decision=decision,
            content_hash=approval.content_hash,
            comment=comment,
        )

    def approved(self, version: str = "1.1.0", environment: str = "prod") -> Deployment:
        """Asked for, with every key of the demo gate given (rita, then omar)."""
        asked = self.asked(version, environment)
        for name in ("rita", "omar")[: sum(slot["count"] for slot in asked.approval.gate["slots"])]:
            self.vote(asked, name)
        return self.fresh(asked)

    def start(self, deployment: Deployment) -> Deployment:
        """The worker's transaction that starts, without the last look at AWS. Starts nothing decide() forbids."""
        with self.working(deployment) as work, transaction.atomic():
            start._start(work)
        return self.fresh(deployment)

    def running(self, version: str = "1.1.0", environment: str = "prod") -> Deployment:
        return self.start(self.approved(version, environment))

    def move(self, deployment: Deployment, *states: State, **columns) -> Deployment:
        """Through `states`, one transition each."""
        row = self.fresh(deployment)
        for state in states:
            with transaction.atomic():
                transition(row, state, actor=Actor.system("worker"), at=now(), **columns)
        return self.fresh(row)

    def succeeded(self, version: str = "1.1.0", environment: str = "prod") -> Deployment:
        return self.move(self.running(version, environment), State.VERIFYING, State.SUCCEEDED)

    def fresh(self, deployment: Deployment) -> Deployment:
        return with_everything(Deployment.objects.filter(pk=deployment.pk)).get()

    def working(self, deployment: Deployment) -> "Working":
        return Working(self, deployment)


class Working:
    """A worker's hold on a deployment for the length of a block; the row is due again at once after it."""

    def __init__(self, world: World, deployment: Deployment):
        self.world, self.deployment = world, deployment

    def __enter__(self) -> Work:
        Deployment.objects.filter(pk=self.deployment.pk).update(next_attempt_at=raw_now())
        self.lease = lease.claim(self.deployment.pk, "test:1", pools=None)
        assert self.lease is not None, "another worker holds it"
        row = self.world.fresh(self.deployment)
        return Work(row, current_pipeline(row.application_id), None, "test:1")

    def __exit__(self, *_) -> None:
        lease.release(self.deployment.pk, self.lease, after=0)
