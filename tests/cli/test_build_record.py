"""Handing a build over: what is posted, what is guessed, what is never posted."""

import hashlib
import json
import os
import subprocess

import pytest

from builds.post import ARTIFACT_KINDS
from cli import relgate
from tests.cli.answers import ARTIFACT, BUILD, DIGEST, RECORD, SHA
from tests.cli.fake_server import scripted


def test_a_build_is_posted_as_the_contract_says(run, tmp_path):
    (tmp_path / "app.zip").write_bytes(b"zipped")
    with scripted((201, BUILD)) as script:
        code, out, _ = run(
            script, *RECORD,
            "--artifact", f"template=s3://bucket/t.json#v1@{DIGEST}",
            "--artifact", "function=s3://bucket/app.zip#v2",
            "--artifact-file", "function=app.zip",
            "--submitter", "dana@acme.example", "--run-provider", "github", "--run-id", "7", "--run-url", "https://r",
        )  # fmt: skip
    (asked,) = script.asked
    assert (code, asked.method, asked.path) == (0, "POST", "/api/v1/builds")
    assert asked.headers["Authorization"] == "Bearer rgt_secret"
    assert len(asked.headers["Idempotency-Key"]) == 36
    assert asked.json == {
        "application": "payments",
        "version": "1.4.2",
        "commit": SHA,
        "branch": "main",
        "repository": "https://github.com/acme/payments",
        "run": {"provider": "github", "id": "7", "attempt": 1, "url": "https://r"},
        "submitter": "dana@acme.example",
        "artifacts": [
            {
                "name": "template",
                "kind": "cloudformation-template",
                "uri": "s3://bucket/t.json",
                "version_id": "v1",
                "digest": DIGEST,
            },
            {
                "name": "function",
                "kind": "lambda-zip",
                "uri": "s3://bucket/app.zip",
                "version_id": "v2",
                "digest": "sha256:" + hashlib.sha256(b"zipped").hexdigest(),
                "size": 6,
            },
        ],
    }
    assert "build bld_1: payments@1.4.2 recorded" in out


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"template=s3://b/t#1@{DIGEST}", "cloudformation-template"),
        (f"main=s3://b/x.template.json#1@{DIGEST}", "cloudformation-template"),
        (f"function=s3://b/f.zip#1@{DIGEST}", "lambda-zip"),
        (f"tests=s3://b/f.zip#1@{DIGEST}", "test-bundle"),
        (f"site=s3://b/f.zip#1@{DIGEST}", "s3-bundle"),
        (f"image=registry.example/team/app@{DIGEST}", "oci-image"),
        (f"notes=s3://b/notes.txt#1@{DIGEST}", "file"),
        (f"site:file=s3://b/f.zip#1@{DIGEST}", "file"),
    ],
)
def test_the_kind_is_guessed_or_said(text, kind):
    artifact = relgate.read_artifact(text, {})
    assert (artifact["kind"], artifact["digest"]) == (kind, DIGEST)


@pytest.mark.parametrize("kind", ARTIFACT_KINDS)
def test_every_kind_of_the_contract_can_be_said(kind):
    assert relgate.read_artifact(f"one:{kind}=s3://b/one#1@{DIGEST}", {})["kind"] == kind


def test_an_image_keeps_its_digest_in_the_uri():
    assert relgate.read_artifact(f"image=r.example:5000/app@{DIGEST}", {}) == {
        "name": "image",
        "kind": "oci-image",
        "uri": f"r.example:5000/app@{DIGEST}",
        "digest": DIGEST,
    }


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--artifact", "no equals sign"],
        ["--artifact", "function=s3://b/f.zip#1"],
        ["--artifact", "function=s3://b/f.zip#1@sha256:abc"],
        [*ARTIFACT, "--artifact-file", "f=missing.zip"],
        [*ARTIFACT, "--artifact-file", "other=missing.zip"],
        [*ARTIFACT, "--artifact-file", "nonsense"],
        [*ARTIFACT, "--commits=--output=x"],
    ],
)
def test_a_build_that_cannot_be_described_is_never_posted(run, arguments):
    with scripted((201, BUILD)) as script:
        code, out, err = run(script, *RECORD, *arguments)
    assert (code, out, script.asked) == (2, "", [])
    assert err.startswith("relgate: ")


def test_a_local_copy_that_is_not_what_was_claimed_is_never_posted(run, tmp_path):
    (tmp_path / "app.zip").write_bytes(b"other")
    with scripted((201, BUILD)) as script:
        code, _, err = run(script, *RECORD, *ARTIFACT, "--artifact-file", "f=app.zip")
    assert (code, script.asked) == (2, [])
    assert "has the digest" in err


def git(*arguments):
    environment = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    identity = ["-c", "user.name=Dana", "-c", "user.email=dana@acme.example", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True, env=environment)


def test_commits_come_from_git_since_the_last_tag(run):
    git("init")
    git("commit", "--allow-empty", "-m", "first")
    git("tag", "v1")
    git("commit", "--allow-empty", "-m", "PAY-77 fix it\n\nCo-authored-by: Omar <omar@acme.example>")
    with scripted((201, BUILD)) as script:
        arguments = [part for part in RECORD if part not in ("--commit", SHA)]
        code, _, _ = run(script, *arguments, *ARTIFACT, "--commits", "auto")
    body = script.asked[0].json
    (commit,) = body["commits"]
    assert code == 0
    assert commit["sha"] == body["commit"]
    assert (commit["author"], commit["committer"], commit["ticket"]) == (
        "dana@acme.example",
        "dana@acme.example",
        "PAY-77",
    )
    assert commit["message"].endswith("Co-authored-by: Omar <omar@acme.example>")


def test_a_dry_run_sends_nothing(run):
    with scripted((201, BUILD)) as script:
        code, out, _ = run(script, *RECORD, *ARTIFACT, "--dry-run", "--output", "json")
    assert (code, script.asked) == (0, [])
    assert json.loads(out)["would_post"]["version"] == "1.4.2"
