"""The demo contract of the API reference, field by field, against one running demo."""

import hashlib
import json
import re
import stat
import subprocess
import time
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from releasegate.demo.welcome import welcome
from tests.demo.running import Demo
from tests.journeys.wire import Api, until

pytestmark = [pytest.mark.journey, pytest.mark.one_database]
PEOPLE = {
    "rita": ["release-managers"],
    "rosa": ["payments-owners", "release-managers"],
    "omar": ["payments-owners", "web-owners"],
    "dana": [],
    "aude": [],
    "admin": [],
    "iris": [],
}
FIRST_START_SECONDS, MEMORY_LIMIT = 30, 700 * 1024 * 1024


def s3_of(demo: Demo):
    """A client as a CI would make it, from nothing but what the JSON says."""
    aws = demo.said["aws"]
    return boto3.client(
        "s3",
        endpoint_url=aws["endpoint_url"],
        region_name=aws["region"],
        aws_access_key_id=aws["access_key_id"],
        aws_secret_access_key=aws["secret_access_key"],
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )


def waiting(demo: Demo, application: str) -> dict:
    found = demo.person("dana").get("/deployments", application=application, environment="prod")["items"]
    row = next(row for row in found if not row["baseline"] and row["version"] == "1.1.0")
    return demo.person("dana").get(f"/deployments/{row['id']}")


def vote(who: Api, approval: dict, **more) -> dict:
    body = {"decision": "approve", "content_hash": approval["content_hash"], **more}
    return who.ask("POST", f"/approvals/{approval['id']}/votes", body)


def test_the_first_start_needs_no_more_than_thirty_seconds_of_work(demo):
    print(f"first start: {demo.ready_after:.1f} s, {demo.worked:.1f} s of it on the processor")
    assert demo.worked <= FIRST_START_SECONDS


def test_the_one_line_has_every_field_of_the_contract(demo):
    said = demo.said
    assert set(said) == {"url", "users", "application_tokens", "aws", "artifacts", "environments"}
    assert re.fullmatch(r"http://localhost:\d+", said["url"])
    assert {name: user["groups"] for name, user in said["users"].items()} == PEOPLE
    assert all(
        set(user) == {"password", "token", "groups"} and user["token"].startswith("rgt_")
        for user in said["users"].values()
    )
    assert set(said["application_tokens"]) == {"payments", "storefront"}
    assert all(token.startswith("rgt_") for token in said["application_tokens"].values())
    assert said["environments"] == ["dev", "staging", "prod", "prod-eu"]


def test_it_says_where_the_sandbox_is(demo):
    aws = demo.said["aws"]
    assert set(aws) == {
        *("endpoint_url", "region", "access_key_id", "secret_access_key", "artifact_bucket"),
        *("tools_account", "accounts"),
    }
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", aws["endpoint_url"])
    assert (aws["region"], aws["tools_account"]) == ("eu-west-1", "000000000000")
    assert aws["accounts"] == {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}


def test_the_artifacts_lie_where_it_says_with_the_digest_it_says(demo):
    s3 = s3_of(demo)
    named = {app: sorted(versions) for app, versions in demo.said["artifacts"].items()}
    assert named == {"payments": ["1.0.0", "1.1.0"], "storefront": ["1.0.0", "1.1.0"]}
    for versions in demo.said["artifacts"].values():
        for one in versions["1.0.0"] + versions["1.1.0"]:
            assert set(one) == {"name", "kind", "uri", "version_id", "digest", "size"}
            bucket, _, key = one["uri"].removeprefix("s3://").partition("/")
            data = s3.get_object(Bucket=bucket, Key=key, VersionId=one["version_id"])["Body"].read()
            assert one["digest"] == "sha256:" + hashlib.sha256(data).hexdigest()
            assert one["size"] == len(data)


def test_a_client_with_those_keys_can_upload_an_artifact_as_a_ci_does(demo):
    bucket = demo.said["aws"]["artifact_bucket"]
    put = s3_of(demo).put_object(Bucket=bucket, Key="storefront/new/file.bin", Body=b"from a CI")
    got = s3_of(demo).get_object(Bucket=bucket, Key="storefront/new/file.bin", VersionId=put["VersionId"])
    assert got["Body"].read() == b"from a CI"


@pytest.mark.parametrize("name", ["demo.json", "secret-key", "log-key.pem", "aws/token-secret"])
def test_secrets_are_readable_by_their_owner_only(demo, name):
    assert stat.S_IMODE((demo.data_dir / name).stat().st_mode) == 0o600


def test_the_data_directory_is_closed_to_others(demo):
    assert stat.S_IMODE(demo.data_dir.stat().st_mode) == 0o700


def test_the_memory_file_holds_what_was_said_and_the_log_does_not(demo):
    remembered, logged = (demo.data_dir / "demo.json").read_text(), demo.log.read_text()
    secrets = [user[key] for user in demo.said["users"].values() for key in ("password", "token")]
    for secret in [*secrets, *demo.said["application_tokens"].values()]:
        assert secret in remembered
        assert secret not in logged


@pytest.mark.parametrize("name", PEOPLE)
def test_every_token_acts_for_its_person_or_is_told_why_not(demo, name):
    expected = 200 if name in {"admin", "iris", "aude"} else None
    answer = demo.person(name).ask("GET", "/board")
    assert answer.status == 200
    people = demo.person(name).ask("GET", "/people")
    assert people.status in {200, 403} if expected is None else people.status == expected


def test_1_0_0_runs_everywhere_as_a_baseline_and_1_1_0_only_in_dev_and_staging(demo):
    board = demo.person("rita").get("/board")["items"]
    versions = {(row["application"], row["environment"]): row["version"] for row in board}
    for application in ("payments", "storefront"):
        shown = [versions[application, place] for place in demo.said["environments"]]
        assert shown[:2] == ["1.1.0", "1.1.0"], application
        assert shown[3] == "1.0.0", application
        rows = demo.person("rita").get("/deployments", application=application, limit=200)["items"]
        baselines = {row["environment"] for row in rows if row["baseline"]}
        assert baselines == {"dev", "staging", "prod", "prod-eu"}
        assert {row["version"] for row in rows if row["baseline"]} == {"1.0.0"}
        seen = {row["environment"]: row for row in rows if row["version"] == "1.1.0"}
        assert (seen["dev"]["state"], seen["staging"]["state"]) == ("succeeded", "succeeded")


def test_the_staging_deployment_carries_ritas_vote(demo):
    rows = demo.person("rita").get("/deployments", application="payments", environment="staging")["items"]
    row = next(row for row in rows if not row["baseline"])
    approval = demo.person("rita").get(f"/deployments/{row['id']}")["approval"]
    full = demo.person("rita").get(f"/approvals/{approval['id']}")
    assert full["state"] == "consumed"
    assert [(one["by"], one["decision"], one["void"]) for one in full["votes"]] == [
        ("rita", "approve", False)
    ]


def test_the_demo_banner_stands_on_the_sign_in_page(demo):
    page = urllib.request.urlopen(demo.url + "/sign-in", timeout=10).read().decode()
    strip = re.search(r'class="strip".*?This is the demo', page, re.DOTALL)
    assert strip, "no strip on the page that says so"


def test_artifacts_can_be_posted_under_another_version(demo):
    ci = demo.ci("storefront")
    body = {
        "application": "storefront",
        "version": "7.0.0",
        "commit": "c0ffee".ljust(40, "0"),
        "branch": "main",
        "repository": "https://git.acme.example/storefront",
        "artifacts": demo.said["artifacts"]["storefront"]["1.1.0"],
    }
    first = ci.ask("POST", "/builds", body)
    assert (first.status, first.body["created"]) == (201, True)
    again = ci.ask("POST", "/builds", body)
    assert (again.status, again.body["created"], again.body["id"]) == (200, False, first.body["id"])
    path = f"/builds/{first.body['id']}"
    until(lambda: ci.get(path)["state"] == "verified", what="7.0.0 verified")
    assert Api(demo.url, demo.said["application_tokens"]["payments"]).ask("GET", path).status == 404


def test_a_person_is_told_where_as_whom_and_a_line_that_posts_a_build_as_it_stands(demo):
    told = welcome(demo.said, 17.4, waits=True)
    assert "payments 1.1.0 waits for two keys to prod" in told
    assert "waits for" not in welcome(demo.said, 17.4, waits=False)
    assert f"\n  {demo.url}\n" in told
    for name, user in demo.said["users"].items():
        assert re.search(rf"^  {name} +{user['password']}  \w", told, re.MULTILINE)
    (line,) = re.findall(r"^  (curl .*)$", told, re.MULTILINE)
    posted = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=30)
    answer = json.loads(posted.stdout)
    assert (answer.get("version"), answer.get("created"), posted.stderr) == ("1.2.0", True, ""), answer
    again = json.loads(subprocess.run(["sh", "-c", line], capture_output=True, timeout=30).stdout)
    assert (again["id"], again["created"]) == (answer["id"], False)


def test_a_start_says_nothing_that_looks_like_trouble(demo):
    before_us = demo.log.read_text().partition("/sign-in")[0]
    assert before_us.splitlines()[0].startswith("Starting Release Gate")
    assert "Warning" not in before_us
    assert '"level": "error"' not in before_us
    assert "kombu" not in before_us


@pytest.mark.parametrize(("application", "owner"), [("payments", "omar"), ("storefront", "omar")])
def test_two_people_bring_1_1_0_to_prod_and_the_requester_cannot(demo, application, owner):
    row = until(
        lambda: (found := waiting(demo, application))["state"] == "needs_approval" and found, what="waiting"
    )
    assert {reason["code"] for reason in row["reasons"]} == {"approval_needed"}
    refused = vote(demo.person("dana"), row["approval"])
    assert (refused.status, refused.code) == (403, "separation_of_duties")
    assert refused.body["relation"] == "requester"
    assert vote(demo.ci(application), row["approval"]).code == "human_required"
    first = vote(demo.person("rita"), row["approval"])
    assert (first.status, first.body["slot"], first.body["approval_state"]) == (
        *(201, "release-managers"),
        "open",
    )
    began = time.monotonic()
    second = vote(demo.person(owner), row["approval"])
    assert (second.status, second.body["approval_state"]) == (201, "satisfied")
    path = f"/deployments/{row['id']}?wait=60"
    ended = until(lambda: (now := demo.person("dana").get(path))["ended_at"] and now, seconds=30, what="end")
    print(f"{application}: {time.monotonic() - began:.1f} s from the last vote to the end")
    assert (ended["state"], ended["approval"]["state"]) == ("succeeded", "consumed")
    assert ended["aws_identity"]["account"] == "333333333333"
    assert {step["kind"]: step["state"] for step in ended["steps"]}["test"] == "done"
    board = demo.person("rita").get("/board", application=application, environment="prod")["items"]
    assert [(lane["version"], lane["deployment"]) for lane in board] == [("1.1.0", row["id"])]


def test_everything_together_stays_below_700_megabytes(demo):
    """Runs last: after deployments to both kinds of target."""
    resident = demo.resident()
    print(f"resident: {resident / 1024**2:.0f} MiB in {len(demo.processes())} process(es)")
    assert resident <= MEMORY_LIMIT


def test_nothing_of_it_is_written_outside_its_directory(demo):
    assert not (Path(demo.data_dir).parent / "aws").exists()
    assert {entry.name for entry in demo.data_dir.parent.iterdir()} == {demo.data_dir.name}
