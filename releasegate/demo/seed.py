"""Set the demo company up, through the public API alone; every part is looked for before it is made."""

import secrets
import time
from concurrent.futures import ThreadPoolExecutor

from releasegate.demo import company
from releasegate.demo.client import ApiError, Client

DAY = 86_400
PERSON_SCOPES = ["read", "write"]
APPLICATION_SCOPES = ["builds:write", "evidence:write", "read"]


def until(condition, *, seconds: float = 25.0, what: str = "it"):
    """Ask again until `condition()` is truthy; TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(f"{what} did not happen within {seconds:.0f} s")


def make(client: Client, path: str, key: str, bodies: list[dict]) -> set[str]:
    """POST each body whose `key` is not in the list at `path` yet; the names that were made."""
    there = {row[key] for row in client.get(path, limit=200)["items"]}
    missing = [body for body in bodies if body[key] not in there]
    for body in missing:
        client.post(path, body)
    return {body[key] for body in missing}


class Seed:
    """`known` is what was remembered in demo.json; what is made is added to it."""

    def __init__(self, url: str, known: dict):
        self.url, self.known = url, known
        self.users = known.setdefault("users", {})
        self.tokens = known.setdefault("application_tokens", {})
        self.fresh: set[str] = set()  # applications that this start made

    def admin(self) -> Client:
        return Client(self.url, self.users["admin"]["token"])

    def as_person(self, username: str) -> Client:
        return Client(self.url, self.users[username]["token"])

    def people(self) -> None:
        """The administrator exists (`manage.py createadmin`); everybody else is made by her."""
        first = self.users["admin"]
        if "token" not in first:
            client = Client(self.url)
            client.sign_in("admin", first["password"])
            body = {"label": "demo", "scopes": PERSON_SCOPES, "expires_in": 365 * DAY}
            first["token"] = client.post("/people/admin/tokens", body)["token"]
        admin = self.admin()
        make(admin, "/people", "username", [self._person(username) for username in company.PEOPLE])
        for username in company.PEOPLE:
            user = self.users[username]
            if "token" not in user:
                asked = {"label": "demo", "scopes": PERSON_SCOPES, "expires_in": 365 * DAY}
                user["token"] = admin.post(f"/people/{username}/tokens", asked)["token"]
        for user in self.users:
            self.users[user]["groups"] = sorted(g for g, members in company.GROUPS.items() if user in members)

    def _person(self, username: str) -> dict:
        name, roles = company.PEOPLE[username]
        secret = self.users.setdefault(username, {"password": password()})["password"]
        mail = f"{username}@{company.MAIL}"
        return {"username": username, "email": mail, "name": name, "roles": roles, "password": secret}

    def organisation(self) -> None:
        admin = self.admin()
        for path, members in (("/groups", company.GROUPS), ("/teams", company.TEAMS)):
            make(admin, path, "name", [{"name": name, "members": people} for name, people in members.items()])
        applications = [{"name": name, **body} for name, body in company.APPLICATIONS.items()]
        self.fresh = make(admin, "/applications", "name", applications)
        for name in company.APPLICATIONS:
            if name not in self.tokens:
                asked = {"label": "demo CI", "scopes": APPLICATION_SCOPES, "expires_in": 365 * DAY}
                self.tokens[name] = admin.post(f"/applications/{name}/tokens", asked)["token"]

    def accounts(self, prepare) -> None:
        """Register each account, let `prepare(account_id, external_id)` make it ready, and test the connection."""
        admin = self.admin()
        there = {row["account_id"]: row for row in admin.get("/accounts", limit=200)["items"]}
        for alias, account_id in company.ACCOUNTS.items():
            body = {
                "account_id": account_id,
                "alias": alias,
                "partition": "aws",
                "regions": [company.REGION],
                "deploy_role_arn": f"arn:aws:iam::{account_id}:role/ReleaseGateDeploy",
                "pool": company.POOLS[alias],
            }
            row = there.get(account_id) or admin.post("/accounts", body)
            prepare(account_id, row["external_id"])
            if account_id not in there:
                tested = admin.post(f"/accounts/{account_id}/test")
                if not tested["ok"]:
                    raise RuntimeError(f"account {alias} failed its connection test: {tested['checks']}")

    def places(self) -> None:
        admin = self.admin()
        places = [
            {"name": name, "region": company.REGION, **body} for name, body in company.ENVIRONMENTS.items()
        ]
        make(admin, "/environments", "name", places)
        make(admin, "/windows", "name", company.WINDOWS)
        for application, source in company.PIPELINES.items():
            if application in self.fresh or not self._has_pipeline(admin, application):
                admin.call("PUT", f"/pipelines/{application}", {"source": source})

    def _has_pipeline(self, admin: Client, application: str) -> bool:
        try:
            return bool(admin.get(f"/pipelines/{application}"))
        except ApiError as error:
            if error.status != 404:
                raise
            return False

    def history(self, artifacts: dict, run_outside) -> None:
        """1.0.0 runs everywhere as a baseline; 1.1.0 went through dev and staging and waits in prod."""
        with ThreadPoolExecutor(2) as executor:
            futures = [
                executor.submit(self._history, name, artifacts[name], run_outside)
                for name in company.APPLICATIONS
            ]
            for future in futures:
                future.result()

    def _history(self, application: str, artifacts: dict, run_outside) -> None:
        rosa, dana, rita = (self.as_person(name) for name in ("rosa", "dana", "rita"))
        old = self._post(application, "1.0.0", artifacts["1.0.0"])
        until(lambda: self._verified(application, old), what=f"{application} 1.0.0 verified")
        for environment in company.ENVIRONMENTS:
            run_outside(application, environment)
            body = {"application": application, "version": "1.0.0", "environment": environment}
            rosa.post(
                "/deployments/baseline", {**body, "reason": "Ran here before Release Gate was introduced."}
            )
        self._post(application, "1.1.0", artifacts["1.1.0"])
        self._bring(dana, application, "dev")
        self._bring(dana, application, "staging", voter=rita)
        self._ask(dana, application, "prod")

    def _post(self, application: str, version: str, artifacts: list) -> str:
        from_ci = Client(self.url, self.tokens[application])
        commits = [
            {
                "sha": start.ljust(40, "0"),
                "author": f"{who}@{company.MAIL}",
                "message": message,
                "ticket": ticket,
            }
            for start, who, message, ticket in company.COMMITS[application]
        ]
        build = from_ci.post(
            "/builds", post_of(application, version, artifacts, commits if version != "1.0.0" else [])
        )
        evidence = f"/builds/{build['id']}/evidence"
        if build["created"]:
            from_ci.upload(
                evidence, {"kind": "junit", "name": "unit tests"}, "junit.xml", self.known["_junit"]
            )
            from_ci.upload(
                evidence, {"kind": "coverage", "name": "coverage"}, "coverage.xml", self.known["_coverage"]
            )
        return build["id"]

    def _verified(self, application: str, build_id: str) -> bool:
        return Client(self.url, self.tokens[application]).get(f"/builds/{build_id}")["state"] == "verified"

    def _ask(self, dana: Client, application: str, environment: str) -> dict:
        asked = dana.post(
            "/deployments", {"application": application, "version": "1.1.0", "environment": environment}
        )

        def want():
            return (row := dana.get(f"/deployments/{asked['id']}"))["state"] not in (
                "requested",
                "planning",
            ) and row

        return until(want, what=f"{application} 1.1.0 planned for {environment}")

    def _bring(self, dana: Client, application: str, environment: str, voter: Client | None = None) -> None:
        row = self._ask(dana, application, environment)
        if voter is not None:
            approval = row["approval"]
            body = {
                "decision": "approve",
                "content_hash": approval["content_hash"],
                "comment": "Looks right in dev.",
            }
            voter.post(f"/approvals/{approval['id']}/votes", body)

        def done():
            return (now := dana.get(f"/deployments/{row['id']}"))["ended_at"] and now

        ended = until(done, what=f"{application} 1.1.0 deployed to {environment}")
        if ended["state"] != "succeeded":
            raise RuntimeError(
                f"{application} 1.1.0 ended {ended['state']} in {environment}: {ended['reasons']}"
            )


def post_of(application: str, version: str, artifacts: list, commits: list) -> dict:
    """The body of `POST /builds` as the demo's CI sends it."""
    return {
        "application": application,
        "version": version,
        "commit": (commits[-1]["sha"] if commits else "0a1b".ljust(40, "0")),
        "branch": "main",
        "repository": f"https://git.{company.MAIL}/{application}",
        "run": {
            "provider": "jenkins",
            "id": f"{application}-{version}",
            "attempt": 1,
            "url": f"https://ci.{company.MAIL}/{application}",
        },
        "submitter": f"lena@{company.MAIL}",
        "artifacts": artifacts,
        "commits": commits,
    }


def password() -> str:
    """Four groups a person can type."""
    return "-".join(secrets.token_hex(3) for _ in range(4))
