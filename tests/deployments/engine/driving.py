"""One environment in a fresh account of the sandbox, and `advance` until a deployment has ended."""

import time

from builds.models import Build
from deployments.actions.advance import advance
from deployments.models import Deployment
from deployments.states import TERMINAL
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
SPEC = b"version: 0.2\nphases: {build: {commands: ['true']}}\nartifacts: {files: ['junit.xml']}\n"


class Engine:
    """`release(version)` hands a build over; `deploy(version)` asks and advances until it has ended."""

    def __init__(self, target, tools):
        self.bucket = Bucket(tools, f"engine-{target.account_id}")
        self.world = World.make(stages={"dev": {}}, versions=())
        Account.objects.update(
            account_id=target.account_id, deploy_role_arn=target.role_arn, external_id=target.external_id
        )

    def release(self, version: str, *, value: str = "", report: bytes = GOOD):
        body = stacks.template(P=stacks.parameter(value or version, Name="/p"))
        body = body.replace('{"Resources"', '{"Parameters": {"Stage": {"Type": "String"}}, "Resources"', 1)
        bundle = zipped({"spec.yml": SPEC, "junit.xml": report, "v": version.encode()})
        rows = [
            artifact("template", **self.bucket.put(f"{version}/t", body.encode())),
            artifact("tests", "test-bundle", **self.bucket.put(f"{version}/b", bundle)),
        ]
        release = self.world.release(version, artifacts=rows)
        Build.objects.filter(pk=release.build_id).update(
            test_spec={"digest": rows[1]["digest"], "suites": [SUITE], "problems": []}
        )
        return release

    def ask(self, version: str) -> Deployment:
        return self.world.request(version, "dev")

    def advance(self, row, *, until=None, seconds: float = 30):
        """Advance, as a worker would, until `until(row)` (None: it has ended and is cleaned up)."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            again = advance(row.pk, worker="test:1")
            row = self.world.fresh(row)
            if until(row) if until else row.state in TERMINAL and row.cleaned_at:
                return row
            time.sleep(min(0.05, (again.after if again else None) or 0.02))
        raise AssertionError(f"still {row.state}: {row.reasons}")

    def deploy(self, version: str) -> Deployment:
        return self.advance(self.ask(version))
