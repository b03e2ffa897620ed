"""What makes each situation true: an application and a prod of its own, through the product's own actions.

All of them stand in one database at once, among the same people, accounts and staging.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from approvals.models import ApprovalRequest
from builds.models import Artifact, Build
from deployments.models import Deployment, Worker
from kernel.clock import now
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import Account
from releases.models import Release
from teams.actions.create_application import create_application
from teams.actions.create_group import create_group
from teams.actions.set_group_members import set_group_members
from tests.builds.posts import artifact, post
from tests.deployments.sources import pipeline_source
from tests.deployments.world import REGION, SYSTEM, TEST_SPEC, World
from tests.journeys.situations import SITUATIONS, Situation

VERSION, OTHER = "1.1.0", "1.2.0"
STAGING = "staging"
ACCOUNTS = {"main": "900000000001", "dead": "900000000002", "unproved": "900000000003"}
SOAK = 7 * 86_400
SHUT = {"closed", "next year", "tomorrow", "open window"}


@dataclass
class Scene(World):
    """One situation come true. `ends`: instants that the answer must name, by the code of their reason."""

    number: int = 0
    situation: Situation = field(default_factory=lambda: Situation("candidate"))
    deployment: Deployment | None = None
    ends: dict[str, datetime] = field(default_factory=dict)

    @property
    def prod(self) -> str:
        return f"prod-{self.number}"

    @property
    def guests(self) -> str:
        return f"guests-{self.number}"

    @property
    def account(self) -> str:
        dead = self.has("dead pool") or self.has("unplanned in a dead pool")
        return "dead" if dead else "unproved" if self.has("unproved") else "main"

    @property
    def pool(self) -> str:
        return "dead" if self.account == "dead" else "main"

    def has(self, name: str) -> bool:
        return self.situation.has(name)

    def build(self) -> None:
        """Everything around the request, the request, the votes, and what came up after them."""
        self._prepare()
        self._promoted()
        if self.has("busy") or self.has("queued") or self.has("rejecting"):
            self._another()
        if self.situation.subject != "candidate":
            self._request()
        for name in self.situation.circumstances:
            if name in AFTER:
                AFTER[name](self)

    # -- what stands around the request

    def _prepare(self) -> None:
        create_application(
            actor=SYSTEM, name=self.application, team="payments", owners_group="payments-owners"
        )
        self._place()
        self._pipeline([STAGING, self.prod], version=0)
        self.release(VERSION, artifacts=_artifacts(self.application))

    def _place(self) -> None:
        create_environment(
            actor=SYSTEM,
            name=self.prod,
            account=self.account,
            region=REGION,
            rank=10 + self.number,
            protected=True,
            default_open=not SHUT & set(self.situation.circumstances),
            gate={"slots": self._slots(), "exclude": ["requester", "submitter", "author"]},
            lane="queue" if self.has("queued") else "reject" if self.has("rejecting") else "supersede",
        )

    def _slots(self) -> list[dict]:
        if not self.situation.gated:
            return []
        first = {"group": "release-managers", "count": 2 if self.has("three keys") else 1}
        if self.has("nobody left") or self.has("a voter left"):
            members = ["dana"] if self.has("nobody left") else ["rita"]
            create_group(actor=SYSTEM, name=self.guests, members=members)
            first = {"group": self.guests, "count": 1}
        return [first, {"group": "@owners", "count": 1}]

    def _pipeline(self, places: list[str], *, version: int) -> None:
        soak = SOAK if self.has("soaking") or self.has("soaked") else 0
        stages = {name: {"soak": soak} if name == self.prod else {} for name in places}
        source = pipeline_source(self.application, stages)
        save_pipeline(actor=SYSTEM, application=self.application, source=source, version=version)

    def _promoted(self) -> None:
        row = self.runs(VERSION, STAGING)
        if self.has("soaked"):
            Deployment.objects.filter(pk=row.pk).update(ended_at=now() - timedelta(seconds=SOAK))
        self.ends["soak_unfinished"] = row.ended_at + timedelta(seconds=SOAK)

    def _another(self) -> None:
        """Another version in the same lane, which nobody advances: it runs, or waits first in line."""
        self.release(OTHER, artifacts=_artifacts(self.application))
        self.runs(OTHER, STAGING)
        row = self.request(OTHER, self.prod)
        state = {"state": "waiting", "waiting_for": "window"} if self.has("queued") else {}
        Deployment.objects.filter(pk=row.pk).update(next_attempt_at=None, **state)

    # -- the request

    def _request(self) -> None:
        row = self.request(VERSION, self.prod)
        if self.has("scheduled"):
            # Written and not asked for: the calendar of that day changed since it was accepted.
            self.ends["scheduled"] = now() + timedelta(days=3)
            Deployment.objects.filter(pk=row.pk).update(not_before=self.ends["scheduled"])
        if self.has("going back"):
            Deployment.objects.filter(pk=row.pk).update(kind="rollback")
        if not any(name.startswith("unplan") for name in self.situation.circumstances):
            row = self.plan(row, state="none" if self.has("nothing changes") else "ready")
        for name in self._voters():
            self.vote(row, name)
        if self.situation.subject == "void":
            self.change_gate(self.prod, comment="required")
            row = self.settle(row)
        self.deployment = row

    def _voters(self) -> list[str]:
        all_of_them = ["rita", "rosa", "omar"] if self.has("three keys") else ["rita", "omar"]
        return {"half": ["rita"], "full": all_of_them, "void": all_of_them}.get(self.situation.subject, [])

    # -- what comes up afterwards

    def window(self, name: str, opens: datetime, rule: str) -> None:
        """An hour at a time, in UTC."""
        start = opens.strftime("%Y-%m-%dT%H:%M:%S")
        scope = {"environment": self.prod}
        create_window(
            actor=SYSTEM, name=name, scope=scope, timezone="UTC", rrule=rule, start=start, duration=3_600
        )

    def freeze(self, scope: dict, days: int, **more) -> None:
        ends = (now() + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.ends["freeze"] = max(ends, self.ends.get("freeze", ends))
        create_freeze(
            actor=SYSTEM,
            name=f"Quarter end {days}",
            scope=scope,
            timezone="UTC",
            start="2026-01-01T00:00:00",
            end=ends.strftime("%Y-%m-%dT%H:%M:%S"),
            reason="Books are being closed",
            contact="rita@acme.example",
            **more,
        )

    def artifacts(self, state: str) -> None:
        """As after a reading that ended so, with the next one far away."""
        found = Artifact.objects.filter(build__application=self.application, build__version=VERSION)
        again = now() + timedelta(days=1)
        found.filter(name="function").update(
            state=state, detail=f"It is {state}.", attempts=1, next_attempt_at=again
        )

    def spec(self, **changes) -> None:
        found = Build.objects.filter(application=self.application, version=VERSION)
        found.update(test_spec={**TEST_SPEC, **changes})


def _artifacts(application: str) -> list[dict]:
    """Those of a post of this application."""
    return [
        artifact(**{**one, "uri": one["uri"].replace("payments", application)}) for one in post()["artifacts"]
    ]


def _withdrawn(scene: Scene) -> None:
    found = Build.objects.filter(application=scene.application, version=VERSION)
    found.update(withdrawn_at=now(), withdrawn_reason="It loses cents.")


def _release_withdrawn(scene: Scene) -> None:
    found = Release.objects.filter(application=scene.application, version=VERSION)
    found.update(state="withdrawn", withdrawn_reason="It loses cents.")


def _not_promoted(scene: Scene) -> None:
    rows = Deployment.objects.filter(application=scene.application, version=VERSION, environment=STAGING)
    rows.update(state="rolled_back")


def _unplannable(scene: Scene) -> None:
    failed = {"failed": True, "detail": "Template format error."}
    Deployment.objects.filter(pk=scene.deployment.pk).update(plan_data=failed)


def _busy(scene: Scene) -> None:
    row = Deployment.objects.get(application=scene.application, version=OTHER, environment=scene.prod)
    Deployment.objects.filter(pk=row.pk).update(state="running", started_at=now())
    ApprovalRequest.objects.filter(deployment=row.pk).update(state="consumed")


def _tomorrow(scene: Scene) -> None:
    opens = scene.ends["outside_window"] = now().replace(microsecond=0) + timedelta(days=1)
    scene.window("Tomorrow", opens, "FREQ=WEEKLY")


def _open(scene: Scene) -> None:
    opened = now().replace(microsecond=0) - timedelta(minutes=20)
    scene.ends["open"] = opened + timedelta(hours=1)
    scene.window("Now", opened, "FREQ=WEEKLY")


def _next_year(scene: Scene) -> None:
    """Beyond the ninety days that are looked at."""
    half = now() - timedelta(days=180)
    scene.window("Half a year from now", half.replace(day=min(half.day, 28)), "FREQ=YEARLY")


AFTER: dict[str, Callable[[Scene], None]] = {
    "unverified": lambda scene: scene.artifacts("pending"),
    "missing": lambda scene: scene.artifacts("missing"),
    "unreadable": lambda scene: scene.artifacts("unreadable"),
    "mismatch": lambda scene: scene.artifacts("mismatch"),
    "withdrawn": _withdrawn,
    "release withdrawn": _release_withdrawn,
    "no stage": lambda scene: scene._pipeline([STAGING], version=1),
    "not promoted": _not_promoted,
    "no tests": lambda scene: scene.spec(suites=[]),
    "broken tests": lambda scene: scene.spec(problems=[{"detail": "Line 3: no such key."}]),
    "tests elsewhere": lambda scene: scene.spec(suites=[{"name": "smoke", "environments": [STAGING]}]),
    "unplannable": _unplannable,
    "freeze": lambda scene: scene.freeze({"environment": scene.prod}, 90),
    "freeze of the application": lambda scene: scene.freeze({"application": scene.application}, 20),
    "freeze of everything": lambda scene: scene.freeze(
        {"environment": scene.prod}, 90, actions=["deploy", "rollback", "test", "config"]
    ),
    "freeze of tests": lambda scene: scene.freeze({"environment": scene.prod}, 90, actions=["test"]),
    "tomorrow": _tomorrow,
    "open window": _open,
    "next year": _next_year,
    "busy": _busy,
    "a voter left": lambda scene: set_group_members(actor=SYSTEM, name=scene.guests, members=["dave"]),
}


@transaction.atomic
def make_all() -> list[Scene]:
    """Every situation at once, in one company."""
    world = World()
    world._people()
    # A worker of "main" that lives for as long as a slow machine takes to ask every door.
    Worker.objects.create(name="test:1", pool="main", started_at=now(), seen_at=now() + timedelta(hours=1))
    for name, number in ACCOUNTS.items():
        role = f"arn:aws:iam::{number}:role/deploy"
        pool = "dead" if name == "dead" else "main"
        made = {"account_id": number, "alias": name, "regions": [REGION], "deploy_role_arn": role}
        create_account(actor=SYSTEM, pool=pool, **made)
    Account.objects.update(test_result={"checks": []})  # tested, and nothing was wrong
    place = {"account": "main", "region": REGION, "rank": 1, "default_open": True}
    create_environment(actor=SYSTEM, name=STAGING, protected=False, gate={"slots": []}, **place)
    scenes = []
    for number, situation in enumerate(SITUATIONS):
        scene = Scene(application=f"app-{number}", number=number, situation=situation)
        scene.build()
        scenes.append(scene)
    # Only now, since a protected place may not be given an account that was found open.
    checks = [{"name": "external_id_required", "state": "fail", "detail": "Assumed without it."}]
    Account.objects.filter(alias="unproved").update(test_result={"checks": checks})
    return scenes
