"""What the desk must know before it takes us: team, owners, application, pipeline. Through the public API alone."""

from releasegate.demo.client import ApiError, Client
from ship.telling import Surprise, Teller

NAME = "release-gate"
OWNERS = "release-gate-owners"
STAGES = ("dev", "staging", "prod")
SCOPES = ["builds:write", "evidence:write", "deployments:request", "read"]


def pipeline(said: dict) -> str:
    """dev → staging → prod, each the site bucket of its account, each with the tests of the artifact."""
    lines = [f"application: {NAME}", "stages:"]
    for environment in STAGES:
        bucket = f"rg-site-{said['aws']['accounts'][environment]}-{said['aws']['region']}"
        lines += [
            f"  - environment: {environment}",
            f"    target: {{kind: s3-site, bucket: {bucket}, artifact: site}}",
            "    tests: required",
        ]
    return "\n".join(lines) + "\n"


def set_up(teller: Teller, said: dict) -> str:
    """Everything that is missing, as the administrator; the application's token, good for an hour."""
    admin = Client(said["url"], said["users"]["admin"]["token"])
    _make(teller, admin, "/teams", {"name": NAME, "members": ["dana"]})
    _make(teller, admin, "/groups", {"name": OWNERS, "members": ["omar"]})
    branches = {"release_branches": ["*"]}  # whatever is checked out here is what we mean to ship
    _make(teller, admin, "/applications", {"name": NAME, "team": NAME, "owners_group": OWNERS, **branches})
    source = pipeline(said)
    teller.sent(f"PUT /pipelines/{NAME}, dev → staging → prod, each an s3-site in its own account")
    second = Client(said["url"], said["users"]["iris"]["token"])
    teller.came(f"version {_put(teller, admin, second, source)['version']}")
    asked = {"label": "ship", "scopes": SCOPES, "expires_in": 3600}
    teller.sent(f"POST /applications/{NAME}/tokens {asked}")
    token = admin.post(f"/applications/{NAME}/tokens", asked)["token"]
    teller.came("a token for the CI, shown once (rgt_…), good for an hour")
    return token


def _make(teller: Teller, admin: Client, path: str, body: dict) -> None:
    teller.sent(f"POST {path} {body}")
    try:
        admin.post(path, body)
        teller.came("made")
    except ApiError as error:
        if error.body.get("code") != "already_exists":
            raise Surprise(str(error)) from error
        teller.came("there already")


def _put(teller: Teller, admin: Client, second: Client, source: str) -> dict:
    """The pipeline in force: put as version 1, left alone if it is the same, else changed. It leads to protected
    environments, so another administrator confirms it."""
    body = {"source": source}
    try:
        held = admin.get(f"/pipelines/{NAME}")
    except ApiError as error:
        if error.status != 404:
            raise
    else:
        if held["source"] == source:
            return held
        body["version"] = held["version"]
    saved = admin.call("PUT", f"/pipelines/{NAME}", body)
    if "change" not in saved:
        return saved
    change = saved["change"]
    touched = " and ".join(change["environments"])
    teller.came(f"not in force yet: it touches {touched}, which are protected, so a second person is needed")
    teller.sent(f"POST /changes/{change['id']}/confirm as iris, the second administrator")
    return second.post(f"/changes/{change['id']}/confirm", {"reason": "This is how we ship ourselves."})
