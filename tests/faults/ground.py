"""Where faults are tried: the product as processes, with the demo company in it and a Redis that may be broken."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from releasegate.demo import company, fixtures
from releasegate.demo.seed import Seed, post_of
from tests import servers
from tests.journeys.stack import PASSWORD, REGION, Stack, database_of_our_own
from tests.journeys.wire import until

SECONDS = 40  # for anything to come true on a busy machine; a lease lasts two


class Ground:
    """`asked(application)` hands over a new version and asks for it; `ended(id)` waits for its end."""

    def __init__(self, stack: Stack, redis: servers.RedisServer):
        self.stack, self.redis, self.control = stack, redis, stack.control
        self.person, self.ci = stack.person, stack.ci
        self.made = 0

    def settle(self) -> None:
        """The demo company; nothing was ever deployed."""
        known = {"users": {"admin": {"password": PASSWORD}}}
        seed = Seed(self.stack.url, known)
        seed.people()
        seed.organisation()
        seed.accounts(self._prepare)
        seed.places()
        self.stack.tokens |= {name: user["token"] for name, user in known["users"].items()}
        self.stack.tokens |= {f"ci:{name}": token for name, token in known["application_tokens"].items()}
        self.stack.seeder.prepare_tools(REGION, company.ARTIFACT_BUCKET)

    def _prepare(self, account: str, external_id: str) -> None:
        seeder = self.stack.seeder
        seeder.prepare_account(account, REGION, external_id)
        for name, environment in company.ENVIRONMENTS.items():
            if company.ACCOUNTS[environment["account"]] == account:
                seeder.ensure_bucket(account, REGION, f"storefront-{name}-site")

    def release(self, application: str) -> str:
        """A version nobody has seen, handed over and verified."""
        self.made += 1
        version = f"2.0.{self.made}"
        s3 = self.stack.aws_client("s3", company.TOOLS_ACCOUNT, REGION)
        rows = []
        for name, kind, filename, data in fixtures.artifacts(application, version):
            key = f"{application}/{version}/{filename}"
            put = s3.put_object(Bucket=company.ARTIFACT_BUCKET, Key=key, Body=data)["VersionId"]
            where = {"uri": f"s3://{company.ARTIFACT_BUCKET}/{key}", "version_id": put}
            rows.append(
                {"name": name, "kind": kind, **where, "digest": fixtures.digest(data), "size": len(data)}
            )
        body = {**post_of(application, version, rows, []), "commit": f"{self.made:040x}"}
        build = self.ci(application).post("/builds", body)
        path = f"/builds/{build['id']}"
        until(lambda: self.ci(application).get(path)["state"] == "verified", seconds=SECONDS, what="verified")
        return version

    def ask(self, application: str, version: str, environment: str = "dev") -> str:
        """The deployment's id. AWS's counts begin here."""
        self.control.reset_counts()
        body = {"application": application, "version": version, "environment": environment}
        return self.person("dana").post("/deployments", body)["id"]

    def row(self, deployment: str) -> dict:
        return self.person("dana").get(f"/deployments/{deployment}")

    def reaches(self, deployment: str, condition, what: str) -> dict:
        def look():
            row = self.row(deployment)
            return condition(row) and row

        try:
            return until(look, seconds=SECONDS, what=f"{deployment} {what}", pause=0.05)
        except AssertionError as late:
            raise AssertionError(f"{late}\n{self.held_by(deployment)}") from None

    def held_by(self, deployment: str) -> str:
        """For a failing test: the row, its lease and who waits for whom in the database."""
        lease = (
            "SELECT state, lease_owner, lease_epoch, lease_until, next_attempt_at, crashes, clock_timestamp(),"
            " reasons FROM deployments_deployment WHERE id = %s"
        )
        busy = (
            "SELECT pid, state, wait_event_type, xact_start, pg_blocking_pids(pid), left(query, 150)"
            " FROM pg_stat_activity WHERE datname = current_database() AND xact_start IS NOT NULL"
        )
        rows = [*self.stack.sql(lease, deployment), *self.stack.sql(busy)]
        return "\n".join(map(str, rows))

    def ended(self, deployment: str) -> dict:
        return self.reaches(deployment, lambda row: row["ended_at"], "ends")

    def both_pools_work(self) -> None:
        """Each pool has one plain worker, whatever the test before did to them."""
        for pool in ("nonprod", "prod"):
            part = self.stack.parts.get(f"worker-{pool}")
            if part is None or not part.running or part.fault:
                self.stack.worker(pool)


@contextlib.contextmanager
def running_ground(home: Path) -> Iterator[Ground]:
    """A started stack on a database of its own and a private Redis; nothing of it is left afterwards."""
    redis = servers.private_redis()
    try:
        with database_of_our_own("faults") as database:
            stack = Stack(home, database, redis.url)
            try:
                stack.start()
                ground = Ground(stack, redis)
                ground.settle()
                yield ground
            finally:
                stack.stop()
    finally:
        redis.remove()
