"""Two companies' worth of objects in one database, made through the product's own actions, and a name for each.

`payments` is the application that the tables are about; `storefront` is somebody else's. `town.names` fills the
`{placeholders}` of the tables; `MISSING` fills them with names of the same form that nothing has.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from deployments.actions.request_export import request_export
from deployments.exports.columns import Filters
from kernel.clock import now
from pipelines.actions.create_account import create_account
from pipelines.actions.create_environment import create_environment
from pipelines.actions.create_freeze import create_freeze
from pipelines.actions.create_window import create_window
from pipelines.actions.propose import propose
from pipelines.actions.save_pipeline import save_pipeline
from pipelines.actions.update_environment import update_environment
from pipelines.models import Environment
from pipelines.queries import current_pipeline
from releases.actions.hand_over import hand_over
from teams.actions.create_application import create_application
from teams.actions.create_group import create_group
from teams.actions.create_person import create_person
from teams.actions.create_team import create_team
from teams.actions.delegate import delegate
from teams.actions.issue_token import issue_token
from teams.actions.set_person_access import set_person_access
from tests import people
from tests.audit.log import seal
from tests.builds.posts import post
from tests.deployments.broken import broken, let_through
from tests.deployments.world import SYSTEM, World, pipeline_source
from tests.passkeys import Authenticator

DAY = 86_400
MORE_PEOPLE = {
    "iris": ["administrator"],
    "anna": ["account_manager"],
    "wim": ["window_manager"],
    "lena": [],
    "sal": [],
    "wes": [],
    "wanda": [],
    "sam": [],
}
MISSING = {
    "application": "nowhere",
    "version": "9.9.9",
    "environment": "nowhere",
    "build": "bld_0000000000000000000000",
    "deployment": "dep_0000000000000000000000",
    "stuck": "dep_0000000000000000000000",
    "approval": "apr_0000000000000000000000",
    "glass": "stp_0000000000000000000000",
    "waiting_glass": "stp_0000000000000000000000",
    "account": "999999999999",
    "change": "chg_0000000000000000000000",
    "window": "win_0000000000000000000000",
    "freeze": "frz_0000000000000000000000",
    "export": "exp_0000000000000000000000",
    "group": "nobodys",
    "person": "nobody",
    "leaver": "nobody",
    "delegation": "dlg_0000000000000000000000",
    "token": "tok_0000000000000000000000",
    "ci_token": "tok_0000000000000000000000",
    "passkey": "999999",
    "leaf": "999999",
    "content_hash": "sha256:" + "0" * 64,
    "spare": "9.9.8",
    "old_version": "9.9.7",
    "spare_account": "999999999998",
    "spare_environment": "nowhere",
}


@dataclass
class Town:
    world: World
    names: dict = field(default_factory=dict)
    # What a reader of a list must never meet if the application is not theirs, by application.
    private: dict = field(default_factory=dict)

    @classmethod
    def make(cls, world: World) -> "Town":
        town = cls(world)
        town._people()
        town._payments()
        town._configuration()
        town._storefront()
        seal()
        return town

    def _people(self) -> None:
        for name, roles in MORE_PEOPLE.items():
            values = {"email": people.email_of(name), "name": name.title(), "roles": roles}
            create_person(actor=SYSTEM, username=name, **values)
        set_person_access(actor=SYSTEM, username="lena", active=False, reason="She has left.")
        create_group(actor=SYSTEM, name="payments-security", members=["sal"])
        create_group(actor=SYSTEM, name="web-security", members=["sam"])
        create_group(actor=SYSTEM, name="web-owners", members=["wanda"])
        create_group(actor=SYSTEM, name="idle", members=[])
        create_team(actor=SYSTEM, name="web", members=["wes"])
        create_group(actor=SYSTEM, name="lenders", members=["iris"])  # without a slot anywhere
        at = now()
        times = {"since": at.isoformat(), "until": (at + timedelta(days=7)).isoformat()}
        lender = self.world.actor("iris")
        lent = delegate(actor=lender, group="lenders", to="wes", reason="Away.", **times)
        self.names["delegation"] = lent.pk
        create_application(actor=SYSTEM, name="storefront", team="web", owners_group="web-owners")

    def _payments(self) -> None:
        """One request that waits for keys, one that waits for a person, and two broken glasses: one to review, one
        that asks for a second person."""
        world = self.world
        self._pipeline("payments", group="payments-security")
        place = Environment.objects.get(pk="staging")
        changes = {"break_glass": 2}
        update_environment(actor=SYSTEM, name="staging", version=place.version, changes=changes)
        glass = broken(world, "1.1.0", by="rosa")
        let_through(world, glass)
        release = world.release("1.2.0")
        for name in ("dev", "staging"):
            world.runs("1.2.0", name)
        asked = world.asked("1.2.0", "prod")
        stuck = world.move(world.start(world.asked("1.2.0", "dev")), "uncertain", "needs_human")
        waiting = broken(world, "1.2.0", "staging", by="rosa")
        hand_over(actor=world.ci(), post=post("1.3.0", branch="topic"))
        self.names |= {
            "application": "payments",
            "version": "1.2.0",
            "old_version": "1.0.0",
            "build": release.build_id,
            "deployment": asked.pk,
            "stuck": stuck.pk,
            "approval": asked.approval_id,
            "content_hash": asked.approval.content_hash,
            "glass": glass.pk,
            "waiting_glass": waiting.pk,
            "spare": "1.3.0",
        }
        rows = (asked.pk, stuck.pk, asked.approval_id, glass.pk, waiting.pk, release.pk, release.build_id)
        self.private["payments"] = (*rows, glass.deployment_id)

    def _pipeline(self, application: str, *, group: str) -> None:
        """A pipeline with a further key, in a group that no other application asks."""
        stages = {"dev": {}, "staging": {}, "prod": {"slots": [{"group": group, "count": 1}]}}
        found = current_pipeline(application)
        save_pipeline(
            actor=SYSTEM,
            application=application,
            source=pipeline_source(application, stages),
            version=found.number if found else 0,
        )

    def _configuration(self) -> None:
        dana, iris = self.world.actor("dana"), self.world.actor("iris")
        place = Environment.objects.get(pk="prod")
        asked = {"name": "prod", "version": place.version, "changes": {"rank": 31}}
        change = propose(actor=iris, kind="environment.update", **asked).change
        for number, alias in (("555555555555", "spare"), ("666666666666", "lab")):
            role = f"arn:aws:iam::{number}:role/deploy"
            place = {"regions": ["eu-west-1"], "deploy_role_arn": role, "pool": "main"}
            create_account(actor=SYSTEM, account_id=number, alias=alias, **place)
        create_environment(actor=SYSTEM, name="spare", account="lab", region="eu-west-1", rank=90)
        window = create_window(actor=SYSTEM, **WINDOW)
        freeze = create_freeze(actor=SYSTEM, **FREEZE)
        key = Authenticator().enrol(dana)
        token = issue_token(actor=dana, username="dana", label="laptop", scopes=[], expires_in=DAY)
        of_ci = issue_token(actor=SYSTEM, application="payments", label="ci", scopes=["read"], expires_in=DAY)
        export = request_export(actor=dana, filters=Filters(applications=frozenset({"payments"})), kind="csv")
        self.names |= {
            "environment": "staging",
            "account": "222222222222",
            "spare_account": "555555555555",
            "spare_environment": "spare",
            "change": change.pk,
            "window": window.pk,
            "freeze": freeze.pk,
            "group": "idle",
            "person": "dana",
            "leaver": "lena",
            "passkey": key.pk,
            "token": token.token.pk,
            "ci_token": of_ci.token.pk,
            "export": export.pk,
            "leaf": 0,
        }

    def _storefront(self) -> None:
        """Somebody else's: one release, and one request that waits for its keys."""
        self._pipeline("storefront", group="web-security")
        web = World(application="storefront")
        first = web.release("7.0.0", commits=[], submitter="wes@acme.example")
        for place in ("dev", "staging", "prod"):
            web.runs("7.0.0", place)
        release = web.release("7.1.0", commits=[], submitter="wes@acme.example")
        for place in ("dev", "staging"):
            web.runs("7.1.0", place)
        asked = web.asked("7.1.0", "prod", by="wes")
        self.private["storefront"] = (
            *(release.pk, release.build_id, first.pk, first.build_id),
            *(asked.pk, asked.approval_id),
        )

    def another(self) -> None:
        """One more of everything that payments has, for who must not notice."""
        build, _, _ = hand_over(actor=self.world.ci(), post=post("1.4.0"))
        self.world.verify(build)
        self.world.runs("1.4.0", "staging")
        self.world.asked("1.4.0", "prod")


WINDOW = {
    "name": "Nights",
    "scope": {"environment": "dev"},
    "timezone": "Europe/Berlin",
    "rrule": "FREQ=DAILY",
    "start": "2026-01-05T22:00:00",
    "duration": 3_600,
}
FREEZE = {
    "name": "Year's end",
    "scope": {"environment": "dev"},
    "timezone": "Europe/Berlin",
    "start": "2030-12-20T00:00:00",
    "end": "2031-01-02T00:00:00",
    "reason": "Nobody is here.",
    "contact": "desk@acme.example",
}
