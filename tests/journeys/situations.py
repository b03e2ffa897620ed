"""The situations of test_one_decision: data, and what makes each of them true through the product's own actions.

A situation is a subject (how far its request has come) and the circumstances around it. What must be answered is
written beside each circumstance, so that a wrong answer which all doors agree on is found, too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from approvals.models import ApprovalRequest
from builds.models import Artifact, Build
from deployments.models import Deployment
from kernel.clock import now
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.models import Account
from teams.actions.create_application import create_application
from tests.builds.posts import artifact, post
from tests.deployments.world import REGION, SYSTEM, TEST_SPEC, World, pipeline_source

VERSION, OTHER = "1.1.0", "1.2.0"
SLOTS = [{"group": "release-managers", "count": 1}, {"group": "@owners", "count": 1}]
SOAK = 7 * 86_400


@dataclass(frozen=True)
class Answer:
    """What a circumstance adds: a reason's code, the check it belongs to, and how it ends."""

    check: str
    code: str
    word: str = "wait"


CIRCUMSTANCES: dict[str, Answer] = {
    "unverified": Answer("artifact", "artifact_unverified"),
    "unreadable": Answer("artifact", "artifact_unverified"),
    "mismatch": Answer("artifact", "artifact_mismatch", "deny"),
    "withdrawn": Answer("artifact", "withdrawn", "deny"),
    "not promoted": Answer("order", "not_promoted_from", "deny"),
    "soaking": Answer("order", "soak_unfinished"),
    "no tests": Answer("standards", "test_spec_missing", "deny"),
    "broken tests": Answer("standards", "test_spec_missing", "deny"),
    "unproved": Answer("plan", "account_unproved", "deny"),
    "unplanned": Answer("plan", "external_check"),
    "unplannable": Answer("plan", "plan_failed", "deny"),
    "freeze": Answer("window", "freeze"),
    "closed": Answer("window", "outside_window"),
    "later": Answer("window", "outside_window"),
    "scheduled": Answer("window", "scheduled"),
    "busy": Answer("lane", "lane_busy"),
    "queued": Answer("lane", "lane_busy"),
    "rejecting": Answer("lane", "lane_rejected", "deny"),
    "dead pool": Answer("lane", "pool_unavailable"),
    "nothing changes": Answer("plan", "", "allow"),
}
EARLY = ("artifact", "order", "standards", "plan")
CHECKS = (*EARLY, "people", "window", "lane")


@dataclass(frozen=True)
class Situation:
    """`subject`: candidate (nothing requested), asked, half (rita voted), full (omar too), void (and then the
    gate changed). `gated`: prod asks for two people."""

    subject: str
    circumstances: tuple[str, ...] = ()
    gated: bool = True

    def __str__(self) -> str:
        kind = self.subject if self.gated else f"{self.subject}, no gate"
        return f"{kind}: {' + '.join(self.circumstances) or 'nothing else'}"

    def people(self) -> list[str]:
        """Codes of what people still owe."""
        if not self.gated or self.subject == "full":
            return []
        return {
            "candidate": ["approval_needed"],
            "asked": ["approval_needed"] * 2,
            "half": ["approval_needed"],
            "void": ["approval_void", "approval_needed", "approval_needed"],
        }[self.subject]

    def expected(self) -> tuple[str, list[str]]:
        """(verdict, codes in the order of the checks), worked out from the table above alone."""
        found = [CIRCUMSTANCES[name] for name in self.circumstances if CIRCUMSTANCES[name].code]
        early = sorted((one for one in found if one.check in EARLY), key=lambda one: EARLY.index(one.check))
        if early:
            return early[0].word, [early[0].code]
        late = [one for check in ("window", "lane") for one in found if one.check == check]
        denied = [one.code for one in late if one.word == "deny"]
        codes = denied + self.people() + [one.code for one in late if one.word == "wait"]
        return ("deny" if denied else "wait" if codes else "allow"), codes


def _many(subject: str, *circumstances: str, gated: bool = True) -> list[Situation]:
    return [Situation(subject, tuple(filter(None, one.split("+"))), gated) for one in circumstances]


SITUATIONS = [
    *_many("candidate", "", "unverified", "unreadable", "mismatch", "withdrawn", "not promoted", "soaking"),
    *_many("candidate", "no tests", "broken tests", "unproved", "freeze", "closed", "later", "busy"),
    *_many("candidate", "rejecting", "dead pool", "freeze+busy", "closed+dead pool", "mismatch+freeze"),
    *_many("candidate", "", "unverified", "freeze", "busy", "dead pool", "freeze+busy", gated=False),
    *_many("asked", "", "unverified", "mismatch", "withdrawn", "soaking", "no tests", "broken tests"),
    *_many("asked", "unproved", "unplanned", "unplannable", "nothing changes", "freeze", "closed"),
    *_many("asked", "later", "scheduled", "busy", "dead pool", "freeze+busy", "unverified+freeze"),
    *_many("asked", "", "unplanned", "unplannable", "nothing changes", "freeze", "busy", gated=False),
    *_many("asked", "scheduled", "dead pool", "freeze+scheduled", gated=False),
    *_many("half", "", "freeze", "busy", "scheduled", "soaking", "mismatch", "closed+busy"),
    *_many("full", "", "unverified", "unreadable", "mismatch", "soaking", "no tests", "unproved"),
    *_many("full", "nothing changes", "freeze", "closed", "later", "scheduled", "busy", "queued"),
    *_many("full", "dead pool", "freeze+scheduled+busy", "closed+dead pool", "soaking+freeze"),
    *_many("void", "", "freeze", "busy", "mismatch"),
]


@dataclass
class Scene(World):
    """One situation come true: an application, a staging and a prod of its own, among the same people."""

    number: int = 0
    situation: Situation = field(default_factory=lambda: Situation("candidate"))
    deployment: Deployment | None = None

    @property
    def staging(self) -> str:
        return f"staging-{self.number}"

    @property
    def prod(self) -> str:
        return f"prod-{self.number}"

    @property
    def account(self) -> str:
        return f"{900_000_000_000 + self.number}"

    @property
    def pool(self) -> str:
        return "dead" if "dead pool" in self.situation.circumstances else "main"

    def has(self, name: str) -> bool:
        return name in self.situation.circumstances

    def build(self) -> None:
        """Everything around the request, the request, the votes, and what came up after them."""
        self._prepare()
        if not self.has("unverified") or self.situation.subject != "candidate":
            self.verify(Build.objects.get(application=self.application, version=VERSION))
        if not self.has("not promoted"):
            self.runs(VERSION, self.staging)
        if self.situation.subject != "candidate":
            self._request()
        elif self.has("rejecting"):
            self.request(OTHER, self.prod)
        for name in self.situation.circumstances:
            if name in AFTER:
                AFTER[name](self)

    def _prepare(self) -> None:
        create_application(
            actor=SYSTEM, name=self.application, team="payments", owners_group="payments-owners"
        )
        lane = "queue" if self.has("queued") else "reject" if self.has("rejecting") else "supersede"
        self._account()
        self._place(self.staging, 1 + 2 * self.number, slots=[], protected=False)
        self._place(
            self.prod,
            2 + 2 * self.number,
            slots=SLOTS if self.situation.gated else [],
            protected=True,
            lane=lane,
        )
        soak = SOAK if self.has("soaking") else 0
        stages = {self.staging: {}, self.prod: {"soak": soak}}
        source = pipeline_source(self.application, stages)
        save_pipeline(actor=SYSTEM, application=self.application, source=source, version=0)
        for number, version in enumerate((VERSION, OTHER)):
            self.release(version, verified=number == 1, artifacts=_artifacts(self.application))
        self.runs(OTHER, self.staging)
        if self.has("later"):
            self._window()

    def _account(self) -> None:
        """Tested, and nothing was wrong."""
        account = create_account(
            actor=SYSTEM,
            account_id=self.account,
            alias=self.application,
            regions=[REGION],
            deploy_role_arn=f"arn:aws:iam::{self.account}:role/deploy",
            pool=self.pool,
        )
        Account.objects.filter(pk=account.pk).update(test_result={"checks": []})

    def _place(self, name: str, rank: int, *, slots: list[dict], **more) -> None:
        shut = name == self.prod and (self.has("closed") or self.has("later"))
        create_environment(
            actor=SYSTEM,
            name=name,
            account=self.application,
            region=REGION,
            rank=rank,
            gate={"slots": slots, "exclude": ["requester", "submitter", "author"]},
            default_open=not shut,
            **more,
        )

    def _window(self) -> None:
        """Open for an hour a year, half a year from now."""
        begins = (now() + timedelta(days=180)).replace(microsecond=0)
        year = {"timezone": "UTC", "rrule": "FREQ=YEARLY", "duration": 3_600}
        start = begins.replace(year=begins.year - 1).strftime("%Y-%m-%dT%H:00:00")
        create_window(actor=SYSTEM, name="Yearly", scope={"environment": self.prod}, start=start, **year)

    def _request(self) -> None:
        if self.has("queued"):
            first = self.asked(OTHER, self.prod)
            Deployment.objects.filter(pk=first.pk).update(next_attempt_at=None)
            ahead = {"state": "waiting", "waiting_for": "window"}
            Deployment.objects.filter(pk=first.pk).update(**ahead)
        more = {"not_before": now() + timedelta(days=3)} if self.has("scheduled") else {}
        row = self.request(VERSION, self.prod, **more)
        if not self.has("unplanned") and not self.has("unplannable"):
            row = self.plan(row, state="none" if self.has("nothing changes") else "ready")
        for name in {"half": ["rita"], "full": ["rita", "omar"], "void": ["rita", "omar"]}.get(
            self.situation.subject, []
        ):
            self.vote(row, name)
        if self.situation.subject == "void":
            self.change_gate(self.prod, comment="required")
            row = self.settle(row)
        self.deployment = row


def _artifacts(application: str) -> list[dict]:
    """Those of a post of this application."""
    return [
        artifact(**{**one, "uri": one["uri"].replace("payments", application)}) for one in post()["artifacts"]
    ]


def _build(scene: Scene):
    return Build.objects.filter(application=scene.application, version=VERSION)


def _state(scene: Scene, state: str) -> None:
    found = Artifact.objects.filter(build__in=_build(scene), name="function")
    found.update(state=state, detail="" if state == "pending" else f"It is {state}.")


def _spec(scene: Scene, **changes) -> None:
    _build(scene).update(test_spec={**TEST_SPEC, **changes})


def _unproved(scene: Scene) -> None:
    checks = [{"name": "external_id_required", "state": "fail", "detail": "Assumed without it."}]
    Account.objects.filter(account_id=scene.account).update(test_result={"checks": checks})


def _unplannable(scene: Scene) -> None:
    Deployment.objects.filter(pk=scene.deployment.pk).update(
        plan_data={"failed": True, "detail": "Template format error."}
    )


def _freeze(scene: Scene) -> None:
    create_freeze(
        actor=SYSTEM,
        name="Quarter end",
        scope={"environment": scene.prod},
        timezone="UTC",
        start="2026-01-01T00:00:00",
        end=(now() + timedelta(days=90)).strftime("%Y-%m-%dT00:00:00"),
        reason="Books are being closed",
        contact="rita@acme.example",
    )


def _busy(scene: Scene) -> None:
    """Another version holds the lane, and nobody advances it."""
    row = scene.request(OTHER, scene.prod)
    Deployment.objects.filter(pk=row.pk).update(state="running", started_at=now(), next_attempt_at=None)
    ApprovalRequest.objects.filter(deployment=row.pk).update(state="consumed")


AFTER: dict[str, Callable[[Scene], None]] = {
    "unverified": lambda scene: _state(scene, "pending"),
    "unreadable": lambda scene: _state(scene, "unreadable"),
    "mismatch": lambda scene: _state(scene, "mismatch"),
    "withdrawn": lambda scene: _build(scene).update(withdrawn_at=now(), withdrawn_reason="It loses cents."),
    "no tests": lambda scene: _spec(scene, suites=[]),
    "broken tests": lambda scene: _spec(scene, problems=[{"detail": "Line 3: no such key."}]),
    "unproved": _unproved,
    "unplannable": _unplannable,
    "freeze": _freeze,
    "busy": _busy,
}


def make_all() -> list[Scene]:
    """Every situation at once, in one company."""
    World()._people()
    scenes = []
    for number, situation in enumerate(SITUATIONS):
        scene = Scene(application=f"app-{number}", number=number, situation=situation)
        scene.worker_lives()
        scene.build()
        scenes.append(scene)
    return scenes
