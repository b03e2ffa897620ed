"""The last of some environments in a fresh account of the sandbox, and `advance` until a deployment has ended."""

import time

import pytest
from django.db.models import F

from builds.models import Build
from deployments.actions.advance import advance
from deployments.models import Deployment
from deployments.states import TERMINAL
from kernel.clock import raw_now
from kernel.models import ClockOffset
from pipelines.models import Account
from tests.aws.sandbox.cloudformation import stacks
from tests.builds.bundles import zipped
from tests.builds.posts import artifact
from tests.builds.s3 import Bucket
from tests.deployments.world import World

SUITE = {"name": "smoke", "kind": "codebuild", "buildspec": "spec.yml", "environments": None}
SUITE |= {"timeout": 60, "required": True, "retries": 0, "report": "junit.xml"}
GOOD = b'<testsuite tests="1"><testcase name="a"/></testsuite>'
BAD = b'<testsuite tests="1" failures="1"><testcase name="a"><failure>no</failure></testcase></testsuite>'
SPEC = b"version: 0.2\nphases: {build: {commands: ['%s']}}\nartifacts: {files: ['junit.xml']}\n"


def value(session) -> str:
    """What the deployed stack's one parameter says."""
    return session.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"]


class Engine:
    """`release(version)` hands a build over; `deploy(version)` asks and advances until it has ended."""

    def __init__(self, target, tools, stages: dict):
        self.bucket = Bucket(tools, f"engine-{target.account_id}")
        self.world = World.make(stages=stages, versions=())
        *self.before, self.place = stages
        Account.objects.filter(alias=self.place).update(
            account_id=target.account_id, deploy_role_arn=target.role_arn, external_id=target.external_id
        )

    def release(self, version: str, *, value: str = "", report: bytes = GOOD, command: str = "true"):
        """`value` is what the stack's parameter will say; its tests run `command` and leave `report`."""
        body = stacks.template(P=stacks.parameter(value or version, Name="/p"))
        body = body.replace('{"Resources"', '{"Parameters": {"Stage": {"Type": "String"}}, "Resources"', 1)
        bundle = zipped({"spec.yml": SPEC % command.encode(), "junit.xml": report, "v": version.encode()})
        rows = [
            artifact("template", **self.bucket.put(f"{version}/t", body.encode())),
            artifact("tests", "test-bundle", **self.bucket.put(f"{version}/b", bundle)),
        ]
        release = self.world.release(version, artifacts=rows)
        Build.objects.filter(pk=release.build_id).update(
            test_spec={"digest": rows[1]["digest"], "suites": [SUITE], "problems": []}
        )
        return release

    def ask(self, version: str, **more) -> Deployment:
        return self.world.request(version, self.place, **more)

    def advance(self, row, *, until=None, seconds: float = 30):
        """Advance, as a worker would, until `until(row)` (None: it has ended and is cleaned up)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            again = advance(row.pk, worker="test:1", pools=None)
            row = self.world.fresh(row)
            if until(row) if until else row.state in TERMINAL and row.cleaned_at:
                return row
            time.sleep(min(0.05, (again.after if again else None) or 0.02))
        raise AssertionError(f"still {row.state}: {row.reasons}")

    def deploy(self, version: str) -> Deployment:
        return self.advance(self.ask(version))

    def look(self, row) -> Deployment:
        """One small step, where a worker would take as many as fit into its slice."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("deployments.actions.advance.SLICE_SECONDS", 0.001)
            return self.rounds(row, 1)

    def rounds(self, row, number: int) -> Deployment:
        """`number` looks of workers, each of which finds it due."""
        for _ in range(number):
            Deployment.objects.filter(pk=row.pk).update(next_attempt_at=raw_now())
            advance(row.pk, worker="test:1", pools=None)
        return self.world.fresh(row)

    def later(self, seconds: int) -> None:
        """The clock of decisions goes on by this much, and what is open is due."""
        if not ClockOffset.objects.update(seconds=F("seconds") + seconds):
            ClockOffset.objects.create(seconds=seconds)
        Deployment.objects.filter(next_attempt_at__isnull=False).update(next_attempt_at=raw_now())
