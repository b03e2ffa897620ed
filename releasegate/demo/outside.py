"""What the teams had deployed by hand before Release Gate came: made in the sandbox, not by our engine."""

import time

from aws.sandbox.server import Sandbox
from deployments.executors.s3_site import with_base
from releasegate.demo import company, fixtures

VERSION = "1.0.0"
SECONDS = 20


def run_outside(sandbox: Sandbox, laid: dict, application: str, environment: str) -> None:
    """Put 1.0.0 of the application into the environment's account, unless it is there already."""
    account = company.ACCOUNTS[company.ENVIRONMENTS[environment]["account"]]
    if application == "payments":
        _stack(sandbox, account, environment)
    else:
        _site(sandbox, account, environment, laid["storefront"][VERSION])


def _staged(sandbox: Sandbox, account: str, name: str, data: bytes) -> tuple[str, str, str]:
    bucket = f"rg-staging-{account}-{company.REGION}"
    key = f"artifacts/{fixtures.digest(data).removeprefix('sha256:')}/{name}"
    put = sandbox.client("s3", account, company.REGION).put_object(Bucket=bucket, Key=key, Body=data)
    return bucket, key, put["VersionId"]


def _stack(sandbox: Sandbox, account: str, environment: str) -> None:
    client = sandbox.client("cloudformation", account, company.REGION)
    name = f"payments-{environment}"
    if any(row["StackName"] == name for row in client.list_stacks()["StackSummaries"]):
        return
    bucket, key, version = _staged(sandbox, account, "function", fixtures.payments_function(VERSION))
    values = {
        "Stage": environment,
        "FunctionBucket": bucket,
        "FunctionKey": key,
        "FunctionObjectVersion": version,
    }
    client.create_stack(
        StackName=name,
        TemplateBody=fixtures.payments_template(VERSION).decode(),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    end = time.monotonic() + SECONDS
    while (
        status := client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
    ) == "CREATE_IN_PROGRESS":
        if time.monotonic() > end:
            raise TimeoutError(f"{name} is still {status}")
        time.sleep(0.1)
    if status != "CREATE_COMPLETE":
        raise RuntimeError(f"{name} is {status}")


def _site(sandbox: Sandbox, account: str, environment: str, artifacts: list) -> None:
    digest = next(one["digest"] for one in artifacts if one["name"] == "site").removeprefix("sha256:")
    bucket = f"storefront-{environment}-site"
    s3 = sandbox.client("s3", account, company.REGION)
    page = b"<!doctype html>\n<html><head><title>Storefront</title></head><body><h1>Storefront 1.0.0</h1></body>\n"
    s3.put_object(
        Bucket=bucket,
        Key="index.html",
        Body=with_base(page, f"/releases/{digest}/"),
        ContentType="text/html",
        Metadata={"rg-release": digest, "rg-version": VERSION},
    )
