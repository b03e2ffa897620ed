"""A company that has nothing in common with the demo's, set up as its administrator would: over HTTP, from nothing."""

import hashlib
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

from aws.sandbox.seed import Seeder, root_clients
from releasegate.demo.client import Client
from tests.demo.empty import Empty
from tests.journeys.wire import Answer, Api

REGION, BUCKET = "eu-central-1", "nordlys-artifacts"
ADMIN, PASSWORD = "ingrid", "fjord lantern copper 41"
YEAR = 365 * 86_400
PEOPLE = {
    "sven": ["release_manager"],
    "maja": ["release_manager"],
    "jonas": [],
    "liv": [],
    "nils": [],
    "tove": ["auditor"],
}
GROUPS = {"shift-leads": ["maja", "sven"], "security": ["jonas"], "ledger-keepers": ["liv", "maja"]}
ACCOUNTS = {"lab": "444444444444", "live": "555555555555"}
GATE = {
    "slots": [
        {"group": "shift-leads", "count": 2},
        {"group": "security", "count": 1},
        {"group": "@owners", "count": 1},
    ],
    "exclude": ["requester", "submitter", "author", "pipeline_editor"],
    "expires_in": 7_200,
    "valid_for": 3_600,
    "step_up": False,
    "comment": "required",
}
ENVIRONMENTS = {
    "lab": {"account": ACCOUNTS["lab"], "rank": 100, "protected": False},
    "live": {"account": ACCOUNTS["live"], "rank": 200, "protected": True, "gate": GATE, "lane": "queue"},
}
# Six hours, every six hours, in a zone that is half an hour off: touching occurrences are one opening without an end.
WINDOW = {
    "name": "Round the clock",
    "scope": {"environment": "live", "application": "ledger"},
    "timezone": "America/St_Johns",
    "rrule": "FREQ=HOURLY;INTERVAL=6",
    "start": "2026-01-01T00:00:00",
    "duration": 6 * 3_600,
}
PIPELINE = """\
application: ledger
stages:
  - environment: lab
    target: {kind: s3-site, bucket: ledger-lab, artifact: pages}
    tests: required
  - environment: live
    target: {kind: s3-site, bucket: ledger-live, artifact: pages}
    tests: required
"""
SUITE = """\
suites:
  - name: opens
    kind: codebuild
    buildspec: releasegate/opens.yml
    timeout: 60
    required: true
    report: r.xml
"""
OPENS = """\
version: 0.2
phases: {build: {commands: ["sh releasegate/opens.sh > r.xml"]}}
artifacts: {files: [r.xml]}
"""
OPENS_SH = """echo '<testsuite name="s" tests="1"><testcase name="opens"/></testsuite>'
"""


def problem(answer: Answer) -> tuple[int, str, list[str]]:
    """(status, code, pointers) of a refusal, whose form is as the reference says."""
    body = answer.body
    assert answer.headers["content-type"] == "application/problem+json"
    assert (body["status"], body["type"]) == (answer.status, f"/api/docs#{body['code']}")
    assert answer.headers["x-request-id"] == body["request_id"]
    assert body["title"]
    assert body["detail"]
    return answer.status, body["code"], [error["pointer"] for error in body.get("errors", [])]


def archive(**files: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        for name, text in files.items():
            bundle.writestr(name, text)
    return buffer.getvalue()


@dataclass
class Company:
    """`answers`: what each call that made something answered, by its method and path (and the name of it)."""

    server: Empty
    tokens: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self):
        self.clients = root_clients(self.server.aws)

    def person(self, name: str) -> Api:
        return Api(self.server.url, self.tokens[name])

    def keep(self, key: str, answer: Answer, status: int = 201) -> dict:
        assert answer.status == status, (key, answer.status, answer.text)
        self.answers[key] = answer
        return answer.body

    def post(self, path: str, body: dict, name: str = "") -> dict:
        return self.keep(f"POST {path} {name}".strip(), self.person(ADMIN).ask("POST", path, body))

    def first_administrator(self) -> None:
        """The one thing that is no HTTP call; her first token comes from a session, as in a browser."""
        flags = ["--username", ADMIN, "--email", f"{ADMIN}@nordlys.example", "--name", "Ingrid Berg"]
        made = self.server.manage("createadmin", *flags, "--password-stdin", stdin=PASSWORD + "\n")
        assert made.returncode == 0, made.stderr
        browser = Client(self.server.url)
        browser.sign_in(ADMIN, PASSWORD)
        asked = {"label": "set-up", "scopes": ["read", "write"], "expires_in": 86_400}
        self.tokens[ADMIN] = browser.post(f"/people/{ADMIN}/tokens", asked)["token"]

    def people(self) -> None:
        for name, roles in PEOPLE.items():
            body = {
                "username": name,
                "email": f"{name}@nordlys.example",
                "name": name.title(),
                "roles": roles,
            }
            self.post("/people", {**body, "password": f"{name} {PASSWORD}"}, name)
            asked = {"label": "laptop", "scopes": ["read", "write"], "expires_in": YEAR}
            self.tokens[name] = self.post(f"/people/{name}/tokens", asked)["token"]
        for name, members in GROUPS.items():
            self.post("/groups", {"name": name, "members": members}, name)
        self.post("/teams", {"name": "books", "members": ["nils"]}, "books")
        ledger = {"name": "ledger", "team": "books", "owners_group": "ledger-keepers"}
        self.post("/applications", {**ledger, "release_branches": ["trunk"]}, "ledger")
        asked = {"label": "CI", "scopes": ["builds:write", "evidence:write", "read"], "expires_in": 3_600}
        self.tokens["ci"] = self.post("/applications/ledger/tokens", asked)["token"]

    def places(self) -> None:
        """Accounts are made ready with the external id that was answered, and nothing else of ours."""
        for alias, number in ACCOUNTS.items():
            role = f"arn:aws:iam::{number}:role/ReleaseGateDeploy"
            body = {"account_id": number, "alias": alias, "partition": "aws", "regions": [REGION]}
            made = self.post("/accounts", {**body, "deploy_role_arn": role, "pool": f"{alias}-pool"}, alias)
            seeder = Seeder(self.clients)
            seeder.prepare_account(number, REGION, made["external_id"])
            seeder.ensure_bucket(number, REGION, f"ledger-{alias}")
            answer = self.person(ADMIN).ask("POST", f"/accounts/{made['id']}/test")
            self.keep(f"POST /accounts/id/test {alias}", answer, 200)
        for name, body in ENVIRONMENTS.items():
            self.post("/environments", {"name": name, "region": REGION, **body}, name)
        self.post("/windows", WINDOW)
        saved = self.person(ADMIN).ask("PUT", "/pipelines/ledger", {"source": PIPELINE})
        self.keep("PUT /pipelines/ledger", saved, 200)

    def artifacts(self) -> list[dict]:
        """Uploaded by the CI into the tools account; as POST /builds takes them."""
        Seeder(self.clients).prepare_tools(REGION, BUCKET)
        files = {"tests.yaml": SUITE, "opens.yml": OPENS, "opens.sh": OPENS_SH}
        tests = archive(**{f"releasegate/{name}": text for name, text in files.items()})
        page = archive(**{"index.html": "<!doctype html><html><head></head><body>Ledger 1</body></html>"})
        return [self._lay("pages", "s3-bundle", page), self._lay("tests", "test-bundle", tests)]

    def _lay(self, name: str, kind: str, data: bytes) -> dict:
        s3 = self.clients("s3", "000000000000", REGION)
        version = s3.put_object(Bucket=BUCKET, Key=name, Body=data)["VersionId"]
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        where = {"uri": f"s3://{BUCKET}/{name}", "version_id": version}
        return {"name": name, "kind": kind, **where, "digest": digest, "size": len(data)}


def found(company: Company) -> Company:
    """Everybody and everything, up to the pipeline."""
    steps: list[Callable[[], None]] = [company.first_administrator, company.people, company.places]
    for step in steps:
        step()
    return company
