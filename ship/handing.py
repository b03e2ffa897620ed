"""Handing a build over, as a CI does: put the artifacts where they lie, record the build, add the evidence."""

import time
from pathlib import Path

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from ship.archive import ROOT, Shipment, digest, git
from ship.desk import NAME
from ship.reports import Reports
from ship.telling import Relgate, Surprise, Teller, expect

VERIFIED_SECONDS = 60


def put(teller: Teller, said: dict, shipment: Shipment, folder: Path) -> list[str]:
    """Each artifact into the versioned bucket, once; the flags that tell relgate where it lies and what it is."""
    aws = said["aws"]
    s3 = boto3.client(
        "s3",
        endpoint_url=aws["endpoint_url"],
        region_name=aws["region"],
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
        config=Config(s3={"addressing_style": "path"}),
    )
    flags = []
    for name, kind, filename, data in shipment.artifacts:
        key = f"{NAME}/{digest(data).removeprefix('sha256:')}/{filename}"
        teller.sent(f"PutObject s3://{aws['artifact_bucket']}/{key} ({len(data)} bytes)")
        version, was_there = _put_once(s3, aws["artifact_bucket"], key, data)
        teller.came(f"version {version}{' (there already)' if was_there else ''}")
        (folder / filename).write_bytes(data)
        flags += ["--artifact", f"{name}:{kind}=s3://{aws['artifact_bucket']}/{key}#{version}"]
        flags += ["--artifact-file", f"{name}={folder / filename}"]
    return flags


def _put_once(s3, bucket: str, key: str, data: bytes) -> tuple[str, bool]:
    """(version id, was it there): the key holds the digest, so what lies there is what we have."""
    try:
        return s3.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")["VersionId"], False
    except ClientError as error:
        if error.response["Error"]["Code"] != "PreconditionFailed":
            raise
    return s3.head_object(Bucket=bucket, Key=key)["VersionId"], True


def record(teller: Teller, relgate: Relgate, shipment: Shipment, flags: list[str]) -> dict:
    """The build, as the desk has it."""
    author = git(ROOT, "log", "-1", "--format=%ae", shipment.commit).decode().strip()
    about = ["--application", NAME, "--version", shipment.version, "--commit", shipment.commit]
    about += ["--submitter", author, "--commits", "auto"]
    build = relgate.run("build", "record", *about, *flags, *_where())
    known = "recorded" if build["created"] else "known already"
    teller.came(f"{build['id']} {known}, release {build['release']}, {build['digest']}")
    teller.say(f"Submitted by {author}, who is neither of the two people that will vote.")
    expect(
        "the submitter among the voters",
        author in (f"{name}@acme.example" for name in ("rita", "omar")),
        False,
    )
    expect("the artifacts' names", [one["name"] for one in build["artifacts"]], ["site", "tests"])
    return build


def _where() -> list[str]:
    """What git cannot tell: a checkout without an origin, or without a branch."""
    flags = []
    if not git(ROOT, "remote").strip():
        flags += ["--repository", ROOT.as_uri()]
    if git(ROOT, "rev-parse", "--abbrev-ref", "HEAD").strip() == b"HEAD":
        flags += ["--branch", "detached"]
    return flags


def add(teller: Teller, relgate: Relgate, build: dict, reports: Reports) -> None:
    """The reports; nothing that failed may be shipped."""
    for kind, paths in (("junit", reports.junit), ("coverage", [reports.coverage])):
        answer = relgate.run("evidence", "add", kind, *map(str, paths), "--build", build["id"])
        for item in answer["items"]:
            facts = ", ".join(
                f"{value} {word}" for word, value in item["summary"].items() if value is not None
            )
            teller.came(f"{item['id']} {item['state']}, {item['verdict']}: {facts}")
            expect(f"the state of {item['name']}", item["state"], "parsed")
            if item["verdict"] == "fail":
                raise Surprise(f"{item['name']} says that something failed")


def wait_until_verified(teller: Teller, client, build: dict) -> None:
    """The desk reads every artifact again from where it lies and hashes it."""
    end = time.monotonic() + VERIFIED_SECONDS
    while (now := client.get(f"/builds/{build['id']}"))["state"] == "received":
        if time.monotonic() > end:
            raise Surprise(f"the build is not verified after {VERIFIED_SECONDS} s: {now['artifacts']}")
        time.sleep(0.2)
    expect("the state of the build", now["state"], "verified")
    teller.came("; ".join(f"{one['name']} {one['state']} {one['digest'][:19]}…" for one in now["artifacts"]))
