"""The acceptance story end to end: on PostgreSQL and Redis with every process apart, and embedded on SQLite."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import root_clients
from releasegate.demo import company, fixtures
from releasegate.demo.outside import run_outside
from releasegate.demo.seed import Seed
from releasegate.demo.start import artifacts
from tests.demo.running import Demo
from tests.journeys import canaries, proof, story
from tests.journeys.stack import PASSWORD, REGION, Stack, running_stack
from tests.journeys.wire import Api, until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
KILLED = "before_intent:cloudformation.ExecuteChangeSet"
FIRST = "SELECT min(event_id) FROM audit_opening WHERE field = 'comment' AND value = {mark}"
EDIT = "UPDATE audit_opening SET value = 'I never looked.' WHERE field = 'comment' AND event_id = {mark}"


class Apart:
    """Web, two workers, scheduler, sealer and AWS in processes of their own."""

    def __init__(self, stack: Stack):
        self.stack, self.control = stack, stack.control
        self.artifacts = artifacts(stack.aws)
        self.person, self.ci = stack.person, stack.ci
        self.settle()

    def settle(self) -> None:
        """The demo company, with 1.0.0 of payments as what ran before."""
        self.known = known = {"users": {"admin": {"password": PASSWORD}}}
        seed = Seed(self.stack.url, known)
        seed.people()
        seed.organisation()
        seed.accounts(self._prepare)
        seed.places()
        self.stack.tokens |= {name: user["token"] for name, user in known["users"].items()}
        self.stack.tokens |= {f"ci:{name}": token for name, token in known["application_tokens"].items()}
        first = self.ci("payments").post(
            "/builds", story.post_of("1.0.0", self.artifacts["payments"]["1.0.0"])
        )
        path = f"/builds/{first['id']}"
        until(lambda: self.ci("payments").get(path)["state"] == "verified", what="1.0.0 verified")
        for environment in ("dev", "staging", "prod"):
            run_outside(self.stack.aws, self.artifacts, "payments", environment)
            body = {"application": "payments", "version": "1.0.0", "environment": environment}
            self.person("rosa").post("/deployments/baseline", {**body, "reason": "It ran here before."})

    def _prepare(self, account: str, external_id: str) -> None:
        self.stack.seeder.prepare_account(account, REGION, external_id)

    def put(self, key: str, data: bytes) -> dict:
        return put(self.stack.aws_client("s3", company.TOOLS_ACCOUNT, REGION), key, data)

    def crash_between_create_and_execute(self, go) -> None:
        """The worker of prod dies at its last step before it would execute; another takes its place."""
        doomed = self.stack.worker("prod", RELEASEGATE_FAILPOINT=KILLED)
        self.control.reset_counts()
        go()
        until(lambda: not doomed.running, what="the worker dies")
        assert self.control.count("cloudformation", "ExecuteChangeSet") == 0
        self.stack.worker("prod")

        def executed():
            return self.control.count("cloudformation", "ExecuteChangeSet", account=story.PROD)

        until(executed, what="the change set is executed")
        self.executed = executed

    def tamper(self, comment: str) -> str:
        """As `psql` lets a superuser do it: past the triggers, and put them back."""
        ((event,),) = self.stack.sql(FIRST.format(mark="%s"), comment)
        self.stack.sql("ALTER TABLE audit_opening DISABLE TRIGGER ALL")
        self.stack.sql(EDIT.format(mark="%s"), event)
        self.stack.sql("ALTER TABLE audit_opening ENABLE TRIGGER ALL")
        return event


class Embedded:
    """One process with everything, killed and started again as a whole."""

    def __init__(self, demo: Demo):
        self.demo = demo

    @property
    def control(self) -> SandboxControl:
        return SandboxControl(self.demo.aws)

    @property
    def artifacts(self) -> dict:
        return self.demo.said["artifacts"]

    def person(self, username: str) -> Api:
        return self.demo.person(username)

    def ci(self, application: str) -> Api:
        return self.demo.ci(application)

    def put(self, key: str, data: bytes) -> dict:
        return put(root_clients(self.demo.aws)("s3", company.TOOLS_ACCOUNT, REGION), key, data)

    def crash_between_create_and_execute(self, go) -> None:
        """kill -9 of everything while AWS is still executing; the count goes on in the next process."""
        self.control.fault("cloudformation", "*", "slow_stack", seconds=4, match="payments-prod")
        before = self.control.count("cloudformation", "ExecuteChangeSet", account=story.PROD)
        go()

        def sent():
            return self.control.count("cloudformation", "ExecuteChangeSet", account=story.PROD) - before

        until(sent, what="ExecuteChangeSet is sent", pause=0.02)
        self.executed_before = sent()
        self.demo.kill()
        self.demo = Demo(self.demo.data_dir)

    def executed(self) -> int:
        """Of both processes' lives."""
        return self.executed_before + self.control.count(
            "cloudformation", "ExecuteChangeSet", account=story.PROD
        )

    def tamper(self, comment: str) -> str:
        """As `sqlite3` lets anybody do it who may open the file: past the triggers, and put them back."""
        with sqlite3.connect(self.demo.data_dir / "releasegate.sqlite3", timeout=20) as connection:
            triggers = connection.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_opening'"
            ).fetchall()
            for name, _ in triggers:
                connection.execute(f'DROP TRIGGER "{name}"')
            (event,) = connection.execute(FIRST.format(mark="?"), (comment,)).fetchone()
            assert connection.execute(EDIT.format(mark="?"), (event,)).rowcount == 1
            for _, text in triggers:
                connection.execute(text)
        connection.close()
        return event


def put(s3, key: str, data: bytes) -> dict:
    version = s3.put_object(Bucket=company.ARTIFACT_BUCKET, Key=key, Body=data)["VersionId"]
    where = {"uri": f"s3://{company.ARTIFACT_BUCKET}/{key}", "version_id": version}
    return {**where, "digest": fixtures.digest(data), "size": len(data)}


def used(known: dict) -> dict[str, str]:
    """The secrets of the company: {what it is: the secret}."""
    users = {
        f"{what} of {name}": user[what]
        for name, user in known["users"].items()
        for what in ("password", "token")
    }
    tokens = {f"token of {name}": token for name, token in known["application_tokens"].items()}
    return users | tokens | {"AWS secret of the tools account": TOOLS_SECRET_ACCESS_KEY}


def no_secret_is_left_anywhere(place, secrets: dict[str, str], *places) -> None:
    """Not in a log, not in a row, not in a file, not in an answer."""
    aude, admin, dana = (place.person(name) for name in ("aude", "admin", "dana"))
    secrets |= canaries.deeds(admin.url, admin, dana)
    assert canaries.found(secrets, canaries.answers(aude, admin), *(look() for look in places)) == []


def tell(place, folder: Path) -> None:
    """Steps 1, 3–9, 11 and 12, in their order."""
    good, bad = "1.4.2", "1.5.0"
    story.twenty_identical_posts_make_one_build(place, good)
    story.promote(place, good)
    row, freeze = story.a_freeze_is_named_from_the_start(place, good)
    story.the_requester_cannot_approve(place, row)
    story.two_people_of_two_groups_approve(place, row)
    row = story.a_changed_parameter_voids_the_votes(place, row)
    story.killed_in_the_middle_it_goes_on_and_executes_once(place, row, freeze)
    assert place.executed() == 1
    assert story.stack_of(place)["parameters"]["Stage"] == "prod-blue"
    back = story.a_failing_smoke_test_rolls_back_and_verifies(place, good, bad)
    rows = {row["id"]: "succeeded", back["id"]: "rolled_back"}
    key = proof.the_auditor_takes_everything_away(place, rows, folder)
    proof.an_edit_by_the_administrator_is_named(place, key, folder)


@pytest.fixture
def apart(tmp_path) -> Iterator[Apart]:
    with running_stack(tmp_path / "stack") as stack:
        yield Apart(stack)


@pytest.mark.postgresql
def test_the_story_on_postgresql_and_redis_with_every_process_apart(apart, tmp_path):
    tell(apart, tmp_path)
    stack = apart.stack
    secrets = used(apart.known) | {"key of the sessions": stack.env["SECRET_KEY"]}
    logs = [part.log for part in stack.parts.values()]
    no_secret_is_left_anywhere(
        apart,
        secrets,
        lambda: canaries.postgres_rows(stack.database),
        lambda: canaries.files(stack.home / "evidence", *logs),
    )


@pytest.mark.one_database
def test_the_story_embedded_on_sqlite(tmp_path):
    place = Embedded(Demo(tmp_path / "data"))
    try:
        tell(place, tmp_path)
        data = place.demo.data_dir
        no_secret_is_left_anywhere(
            place,
            used(place.demo.said),
            lambda: canaries.sqlite_rows(data / "releasegate.sqlite3"),
            lambda: canaries.files(data / "evidence", place.demo.log),
        )
    finally:
        place.demo.kill()
