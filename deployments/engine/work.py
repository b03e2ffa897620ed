"""One worker's hold on one deployment: the leased row, the way into AWS, and what a tick answers."""

import hashlib
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from aws import artifacts, policies
from aws.session import AwsSession, AwsTarget, Sessions
from builds.rules import MOST_BYTES
from deployments import executors
from deployments.executor import ArtifactRef, Context, IntentView
from deployments.expedited import path_of
from deployments.models import Deployment, Intent, Step
from kernel.actor import Actor
from kernel.clock import now, raw_now
from pipelines.models import PipelineVersion
from pipelines.queries import stage_of

_NOT_IN_IDENTITY = re.compile(r"[^\w+=,.@-]", re.ASCII)
# Stacks with a database or a distribution take hours; past this AWS is read once more and a person is asked (E18).
STEP_SECONDS = 4 * 3600
SESSION_SECONDS = 900  # a chained session lives at most an hour; ours are re-assumed long before (E02)


class _SessionCache:
    """Assumed sessions by what they may do; re-assumed two minutes before they end."""

    def __init__(self, limit: int = 500):
        self.limit, self.lock, self.sessions = limit, threading.Lock(), OrderedDict()

    def get(self, key):
        with self.lock:
            found = self.sessions.get(key)
            if found and found.expires_at - timedelta(minutes=2) > raw_now():
                return found
            self.sessions.pop(key, None)
            return None

    def put(self, key, session) -> None:
        with self.lock:
            self.sessions[key] = session
            while len(self.sessions) > self.limit:
                self.sessions.popitem(last=False)

    def drop(self, deployment_id: str) -> None:
        with self.lock:
            for key in [k for k in self.sessions if k[0] == deployment_id]:
                del self.sessions[key]


cache = _SessionCache()


@dataclass
class Work:
    """`at` is the decision clock, read once per tick; `actor` is the system part that acts."""

    deployment: Deployment
    pipeline: PipelineVersion
    sessions: Sessions
    worker: str
    at: datetime = field(default_factory=now)
    actor: Actor = field(default_factory=lambda: Actor.system("worker"))
    seen: dict = field(
        default_factory=dict
    )  # calls that reading AWS shows to be carried out: token → response

    @property
    def stage(self) -> dict:
        return stage_of(self.pipeline, self.deployment.environment_id)

    @property
    def path(self) -> dict | None:
        """The expedited path of the pipeline it follows, where it asked for one and there is one."""
        return path_of(self.deployment.expedited, self.pipeline, self.deployment.environment_id)

    @property
    def executor(self):
        return executors.REGISTRY[self.stage["target"]["kind"]]

    @property
    def prefix(self) -> str:
        """Safe in every AWS name: `rg-<id without prefix>-<plan round>`."""
        return f"rg-{self.deployment.pk.removeprefix('dep_')}-{self.deployment.plan_round}"

    @property
    def staging_bucket(self) -> str:
        return f"rg-staging-{self.deployment.environment.account.account_id}-{self.deployment.environment.region}"

    def target(self) -> AwsTarget:
        account = self.deployment.environment.account
        return AwsTarget(
            account.account_id,
            self.deployment.environment.region,
            account.deploy_role_arn,
            account.external_id,
            account.partition,
        )

    def session(self, purpose: str) -> AwsSession:
        """A session in the target account, narrowed to `purpose`: plan | deploy | test."""
        key = (self.deployment.pk, purpose, self.deployment.environment.account.deploy_role_arn)
        found = cache.get(key)
        if found is None:
            found = self.sessions.assume(
                self.target(),
                session_name=f"rg-{self.deployment.pk.removeprefix('dep_')}-{self.deployment.plan_round}",
                duration=SESSION_SECONDS,
                policy=self._policy(purpose),
                tags={"deployment": self.deployment.pk, "application": self.deployment.application_id},
                source_identity=source_identity(self.deployment.requested_by_tag),
            )
            cache.put(key, found)
        return found

    def _policy(self, purpose: str) -> dict:
        kind = self.stage["target"]["kind"].replace("-", "_")
        if purpose == "test":
            return policies.test_run()
        return policies.plan_only(kind) if purpose == "plan" else policies.deploy(kind)


def source_identity(tag: str) -> str:
    """Who asked, as STS takes it: 2 to 64 characters of [A-Za-z0-9_+=,.@-]. `application:shop` is
    `application=shop`, which no person's name can be taken for; a person is their name."""
    name = _NOT_IN_IDENTITY.sub("-", tag.removeprefix("user:").replace(":", "="))
    return name[:64].ljust(2, "=")


class ArtifactChanged(Exception):
    """The bytes at the source have another digest than was handed over and verified."""


@dataclass(frozen=True)
class Again:
    """When this deployment is due again: `after` seconds; 0 at once; None only when somebody rings."""

    after: float | None


NOW = Again(0)


def poll_after(step: Step) -> Again:
    """From the shortest to the longest poll interval, doubling with the step's age."""
    shortest, longest = settings.POLL_SECONDS
    age = (now() - step.started_at).total_seconds() if step.started_at else 0
    return Again(min(longest, max(shortest, age / 20)))


def context_for(
    work: Work, step: Step, purpose: str, *, release=None, data: dict | None = None, prefix: str | None = None
) -> Context:
    """What the executor may know at this tick; `release` is another one when rolling back to it."""
    deployment = work.deployment
    release = release or deployment.release
    staged = deployment.plan_data.get("staged", {})
    refs = {
        a.name: ArtifactRef(a.name, a.kind, a.digest, a.size, **staged.get(a.digest, {}))
        for a in release.build.artifacts.all()
    }
    target = work.stage["target"]
    return Context(
        name_prefix=prefix or work.prefix,
        account=deployment.environment.account.account_id,
        region=deployment.environment.region,
        application=deployment.application_id,
        environment=deployment.environment_id,
        version=release.version,
        settings={key: value for key, value in target.items() if key != "kind"},
        parameters=deployment.parameters,
        artifacts=refs,
        staging_bucket=work.staging_bucket,
        session=work.session(purpose),
        read_artifact=reader(work, release),
        data=data if data is not None else {**deployment.plan_data.get("target", {}), **step.data},
        intents=tuple(
            IntentView(i.api, i.token, i.outcome, i.sends, i.response)
            for i in Intent.objects.filter(deployment=deployment).order_by("created_at", "id")
        ),
        attempt=step.attempt,
        seen=work.seen,
    )


def reader(work: Work, release):
    """`read_artifact(name)`: the bytes as they lie at their source, refused unless they have the digest."""

    def read(name: str) -> bytes:
        changed = f"The artifact {name} is no longer what was handed over."
        artifact = next(a for a in release.build.artifacts.all() if a.name == name)
        bucket, key = artifacts.parse_s3_uri(artifact.uri)[:2]
        try:
            data = artifacts.read_object(
                work.sessions.tools(), bucket, key, artifact.version_id, limit_bytes=MOST_BYTES
            )
        except artifacts.ArtifactTooLarge as error:  # what was verified was not
            raise ArtifactChanged(changed) from error
        if "sha256:" + hashlib.sha256(data).hexdigest() != artifact.digest:
            raise ArtifactChanged(changed)
        return data

    return read
