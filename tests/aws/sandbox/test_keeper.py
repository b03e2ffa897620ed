"""Point 7: what the accounts hold outlives a stop and a kill -9, ids included."""

import json
import os
import subprocess
import sys
import time

import pytest

from aws.sandbox.client import SandboxControl
from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import DEMO_ACCOUNTS, Seeder, role_arn, root_clients, staging_bucket
from aws.session import AwsConfig, AwsTarget, Sessions
from tests.aws.sandbox.cloudformation import stacks
from tests.demo.running import processor_seconds

REGION = "eu-west-1"


@pytest.fixture
def server(tmp_path):
    """Starts sandbox processes on one data directory; ends what is left of them."""
    started = []

    def start():
        process = subprocess.Popen(
            [sys.executable, "-m", "aws.sandbox", "--port", "0", "--data-dir", str(tmp_path / "aws")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        process.endpoint_url = json.loads(process.stdout.readline())["endpoint_url"]
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def target(account):
    return AwsTarget(account, REGION, role_arn(account), f"external-{account}")


def sessions_at(url):
    return Sessions(AwsConfig(url, REGION, TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY))


def fill(url):
    """Use every service that a deployment uses, in three accounts."""
    seeder = Seeder(root_clients(url))
    seeder.prepare_tools(REGION)
    for account in DEMO_ACCOUNTS:
        seeder.prepare_account(account, REGION, f"external-{account}")
        session = sessions_at(url).assume(target(account), session_name="rg-test")
        s3, bucket = session.client("s3"), staging_bucket(account, REGION)
        s3.put_object(Bucket=bucket, Key="code.zip", Body=stacks.bundle("one"))
        s3.put_object(Bucket=bucket, Key="code.zip", Body=stacks.bundle("two"))
        s3.put_object(Bucket=bucket, Key="large", Body=os.urandom(200_000))
        s3.put_object(Bucket=bucket, Key="gone", Body=b"x")
        s3.delete_object(Bucket=bucket, Key="gone")
        function = {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "Runtime": "python3.12",
                "Handler": "index.handler",
                "Role": {"Fn::GetAtt": ["R", "Arn"]},
                "Code": {"S3Bucket": bucket, "S3Key": "code.zip"},
            },
        }
        client = session.client("cloudformation")
        body = stacks.with_output(P=stacks.parameter(Name="/p"), R=stacks.ROLE, F=function)
        assert stacks.carry_out(client, "app", "c", body, "CREATE")["StackStatus"] == "CREATE_COMPLETE"
        stacks.plan(client, "app", "waiting", stacks.with_output(P=stacks.parameter("two", Name="/p")))
        build = session.client("codebuild").start_build(projectName="releasegate-tests")["build"]
        for _ in range(200):
            if session.client("codebuild").batch_get_builds(ids=[build["id"]])["builds"][0]["buildComplete"]:
                break
            time.sleep(0.02)


@pytest.mark.faults
def test_listings_are_equal_after_kill_9_and_after_a_stop(server, tmp_path):
    first = server()
    fill(first.endpoint_url)
    before = SandboxControl(first.endpoint_url).listings()
    assert set(before) >= set(DEMO_ACCOUNTS)
    for account in DEMO_ACCOUNTS:
        held = before[account]
        assert len(held["functions"]) == 1
        assert [stack["status"] for stack in held["stacks"]] == ["CREATE_COMPLETE"]
        assert [build["buildStatus"] for build in held["builds"]] == ["SUCCEEDED"]
        staged = next(item for item in held["objects"] if item["bucket"].startswith("rg-staging"))
        assert [item["key"] for item in staged["objects"]] == [
            "code.zip",
            "code.zip",
            "gone",
            "gone",
            "large",
        ]
    first.kill()
    first.wait()
    with (tmp_path / "aws" / "journal").open("ab") as journal:
        journal.write(b"\x00\x00\xff\xffa record that was torn off")

    second = server()
    assert processor_seconds(second.pid) < 8  # not seconds on the wall: a busy machine adds to those
    assert SandboxControl(second.endpoint_url).listings() == before
    second.terminate()
    assert second.wait(10) == 0

    third = server()
    assert SandboxControl(third.endpoint_url).listings() == before


@pytest.mark.faults
def test_restored_accounts_go_on_working_and_sessions_outlive_the_restart(server):
    first = server()
    fill(first.endpoint_url)
    session = sessions_at(first.endpoint_url).assume(target(DEMO_ACCOUNTS[0]), session_name="rg-test")
    first.kill()
    first.wait()
    second = server()
    session._endpoint_url = second.endpoint_url
    session._clients.clear()
    bucket = staging_bucket(DEMO_ACCOUNTS[0], REGION)
    versions = session.client("s3").list_object_versions(Bucket=bucket, Prefix="code.zip")["Versions"]
    bodies = [
        session.client("s3")
        .get_object(Bucket=bucket, Key="code.zip", VersionId=item["VersionId"])["Body"]
        .read()
        for item in versions
    ]
    assert bodies == [stacks.bundle("two"), stacks.bundle("one")] or len(set(bodies)) == 2
    client = session.client("cloudformation")
    client.execute_change_set(StackName="app", ChangeSetName="waiting")
    assert stacks.settled(client, "app")["StackStatus"] == "UPDATE_COMPLETE"
    assert session.client("ssm").get_parameter(Name="/p")["Parameter"]["Value"] == "two"
    assert session.client("lambda").list_functions()["Functions"] == []


@pytest.mark.faults
def test_execution_that_kill_9_interrupted_is_carried_out_once_after_the_restart(server):
    first = server()
    seeder = Seeder(root_clients(first.endpoint_url))
    account = DEMO_ACCOUNTS[0]
    seeder.prepare_account(account, REGION, f"external-{account}")
    client = (
        sessions_at(first.endpoint_url).assume(target(account), session_name="rg").client("cloudformation")
    )
    control = SandboxControl(first.endpoint_url)
    control.fault("cloudformation", "*", "slow_stack", seconds=30)
    stacks.plan(client, "s", "c", stacks.template(P=stacks.parameter(Name="/p")), "CREATE")
    client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="t")
    first.kill()
    first.wait()
    second = server()
    client = (
        sessions_at(second.endpoint_url).assume(target(account), session_name="rg").client("cloudformation")
    )
    assert stacks.settled(client, "s")["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.events(client, "s").count(("P", "CREATE_COMPLETE")) == 1
    client.execute_change_set(StackName="s", ChangeSetName="c", ClientRequestToken="t")
    assert SandboxControl(second.endpoint_url).count("cloudformation", "ExecuteChangeSet") == 0


@pytest.mark.faults
def test_directory_of_another_version_is_refused_and_left_alone(tmp_path):
    (tmp_path / "journal").write_bytes(b"something else\n")
    ended = subprocess.run(
        [sys.executable, "-m", "aws.sandbox", "--data-dir", str(tmp_path)], capture_output=True, text=True
    )
    assert ended.returncode == 2
    assert "start over with --reset" in ended.stderr
    assert (tmp_path / "journal").read_bytes() == b"something else\n"
