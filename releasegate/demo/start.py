"""Start the demo: prepare the data directory, start the stack, seed the company, say that it is ready."""

import fcntl
import json
import os
import shutil
from pathlib import Path

from django.conf import settings

from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import Seeder
from aws.sandbox.server import Sandbox
from deployments.models import Deployment
from deployments.states import State
from kernel.actor import Actor
from kernel.permissions import ADMINISTRATOR
from releasegate.demo import company, fixtures
from releasegate.demo.outside import run_outside
from releasegate.demo.seed import Seed, password
from releasegate.demo.stack import Stack
from teams.actions.create_person import create_person
from teams.models import Person

MEMORY = "demo.json"
MARK = "release-gate-demo"  # a file that says that this directory is ours to reset


class DataDirRefused(Exception):
    """The directory is in use by another demo, or holds something that is not ours."""


def prepare(data_dir: Path, *, reset: bool):
    """Lock the directory for this process; returns the open lock file. Raises DataDirRefused."""
    if data_dir.exists() and any(data_dir.iterdir()) and not (data_dir / MARK).exists():
        raise DataDirRefused(f"{data_dir} holds files that are not of a demo; choose an empty directory.")
    data_dir.mkdir(parents=True, exist_ok=True)
    data_dir.chmod(0o700)  # the database beside the passwords is nobody else's either
    lock = open(data_dir / MARK, "a")  # noqa: SIM115 - held open for the life of the process
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise DataDirRefused(f"Another demo runs on {data_dir}.") from error
    if reset:
        for entry in data_dir.iterdir():
            if entry.name == MARK:
                continue
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
    return lock


def open_memory(data_dir: Path) -> dict:
    """What demo.json holds (passwords and tokens, the same on every start), with everybody in it."""
    secret = data_dir / "secret-key"
    if not secret.exists():
        secret.touch(mode=0o600)
        secret.write_text(settings.SECRET_KEY)
    path = data_dir / MEMORY
    known = json.loads(path.read_text()) if path.exists() else {}
    # Before anybody is made: a start that is killed in the middle must not leave people with lost passwords.
    for username in (company.ADMIN[0], *company.PEOPLE):
        known.setdefault("users", {}).setdefault(username, {"password": password()})
    remember(path, known)
    first_administrator(known)
    return known


def remember(path: Path, known: dict) -> None:
    """Write demo.json in one step, readable by its owner only."""
    kept = {name: value for name, value in known.items() if not name.startswith("_")}
    partial = path.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(kept, file, indent=1)
    partial.replace(path)


def first_administrator(known: dict) -> None:
    """What `manage.py createadmin` does, with a password that demo.json keeps."""
    if Person.objects.filter(username="admin").exists():
        return
    create_person(
        actor=Actor.system("createadmin"),
        username="admin",
        email=f"admin@{company.MAIL}",
        name=company.ADMIN[1],
        password=known["users"]["admin"]["password"],
        roles=[ADMINISTRATOR],
    )


def artifacts(sandbox: Sandbox) -> dict:
    """Every artifact of both applications, in the tools account's bucket: {application: {version: [...]}}."""
    Seeder(sandbox.client).prepare_tools(company.REGION, company.ARTIFACT_BUCKET)
    s3 = sandbox.client("s3", company.TOOLS_ACCOUNT, company.REGION)
    return {
        application: {
            version: [
                _lay(s3, application, version, *one) for one in fixtures.artifacts(application, version)
            ]
            for version in ("1.0.0", "1.1.0")
        }
        for application in company.APPLICATIONS
    }


def _lay(s3, application: str, version: str, name: str, kind: str, filename: str, data: bytes) -> dict:
    """Put the object there unless its newest version has these bytes already; the artifact as POST /builds takes it."""
    key = f"{application}/{version}/{filename}"
    wanted = fixtures.digest(data)
    listed = s3.list_object_versions(Bucket=company.ARTIFACT_BUCKET, Prefix=key).get("Versions", [])
    same = [row for row in listed if row["Key"] == key and row["Size"] == len(data)]
    found = next((row["VersionId"] for row in same if _digest(s3, key, row["VersionId"]) == wanted), None)
    if found is None:
        found = s3.put_object(Bucket=company.ARTIFACT_BUCKET, Key=key, Body=data)["VersionId"]
    uri = f"s3://{company.ARTIFACT_BUCKET}/{key}"
    return {"name": name, "kind": kind, "uri": uri, "version_id": found, "digest": wanted, "size": len(data)}


def _digest(s3, key: str, version: str) -> str:
    return fixtures.digest(
        s3.get_object(Bucket=company.ARTIFACT_BUCKET, Key=key, VersionId=version)["Body"].read()
    )


def seed(stack: Stack, known: dict, path: Path) -> dict:
    """Make what is missing of the company; returns {application: {version: artifacts}}."""
    laid = artifacts(stack.sandbox)
    known["_junit"], known["_coverage"] = fixtures.junit(), fixtures.coverage("app")
    work = Seed(f"http://127.0.0.1:{stack.port}", known)
    try:
        work.people()
        remember(path, known)
        work.organisation()
        work.accounts(lambda account, external_id: _prepare(stack.sandbox, account, external_id))
        work.places()
        if not known.get("seeded"):
            work.history(laid, lambda *where: run_outside(stack.sandbox, laid, *where))
            known["seeded"] = True
    finally:
        remember(path, known)
    return laid


def _prepare(sandbox: Sandbox, account: str, external_id: str) -> None:
    seeder = Seeder(sandbox.client)
    seeder.prepare_account(account, company.REGION, external_id)
    for environment, place in company.ENVIRONMENTS.items():
        if company.ACCOUNTS[place["account"]] == account:
            seeder.ensure_bucket(account, company.REGION, f"storefront-{environment}-site")


def waits() -> bool:
    """Does what the first start left to be approved, payments 1.1.0 in prod, still wait for its keys?"""
    asked = Deployment.objects.filter(application__name="payments", environment__name="prod")
    return asked.filter(release__version="1.1.0", state=State.NEEDS_APPROVAL).exists()


def announcement(stack: Stack, known: dict, laid: dict) -> dict:
    """The one JSON object of `--json`, which scripts read."""
    wanted = ("rita", "rosa", "omar", "dana", "aude", "admin", "iris")
    people = {
        name: {key: known["users"][name][key] for key in ("password", "token", "groups")} for name in wanted
    }
    return {
        "url": f"http://localhost:{stack.port}",
        "users": people,
        "application_tokens": known["application_tokens"],
        "aws": {
            "endpoint_url": stack.sandbox.endpoint_url,
            "region": company.REGION,
            "access_key_id": TOOLS_ACCESS_KEY_ID,
            "secret_access_key": TOOLS_SECRET_ACCESS_KEY,
            "artifact_bucket": company.ARTIFACT_BUCKET,
            "tools_account": company.TOOLS_ACCOUNT,
            "accounts": company.ACCOUNTS,
        },
        "artifacts": laid,
        "environments": list(company.ENVIRONMENTS),
    }
