"""Suites of kind `codebuild`: the buildspec from the test-bundle, run in the target account by AWS CodeBuild.

StartBuild takes our idempotencyToken, but only for five minutes (API reference); so a lost answer is settled by
looking for a build that carries our token in its environment before anything is started again.
"""

import zlib

from aws.errors import FaultKind, classify
from deployments.executor import Call, Calls, Context, Done, Failed, Poll, Progress

PROJECT = "releasegate-tests"
LOG_LIMIT = 200_000  # bytes of a suite's log that are kept
REPORT_LIMIT = 10 * 1024 * 1024


def run(context: Context, suite: dict, token: str) -> Progress:
    """Done.result = {"status", "junit": bytes | None, "log", "detail"} once the build has ended."""
    bundle = next((a for a in context.artifacts.values() if a.kind == "test-bundle"), None)
    if bundle is None or bundle.bucket is None:
        return Failed("The build has no test-bundle.", code="test_spec_missing", changed=False)
    build = _find(context, token)
    if build is None:
        intent = context.sent(token)
        if intent is not None and intent.outcome == "refused" and not intent.response.get("throttled"):
            detail = f"CodeBuild refused: {intent.response.get('code')}: {intent.response.get('message')}"
            return Failed(detail, code="test_refused", changed=False)
        return Calls((_start(context, suite, token, bundle),), f"Starting {suite['name']}.")
    context.saw(token, build=build["id"])
    if build["buildStatus"] == "IN_PROGRESS":
        return Poll(f"{suite['name']} is running ({build.get('currentPhase', 'SUBMITTED')}).")
    return Done(f"{suite['name']} ended {build['buildStatus']}.", _result(context, suite, token, build))


def _client(context: Context):
    return context.session.client("codebuild", retries=True)


def _find(context: Context, token: str) -> dict | None:
    """The build of this token: by the id that AWS answered with, else by the token in its environment."""
    intent = context.sent(token)
    if intent is None:
        return None
    known = intent.response.get("build")
    ids = (
        [known]
        if known
        else _client(context).list_builds_for_project(projectName=PROJECT, sortOrder="DESCENDING")["ids"][:50]
    )
    builds = _client(context).batch_get_builds(ids=ids)["builds"] if ids else []
    return next((b for b in builds if known or _carries(b, token)), None)


def _carries(build: dict, token: str) -> bool:
    variables = build.get("environment", {}).get("environmentVariables", [])
    return any(v["name"] == "RELEASEGATE_TOKEN" and v["value"] == token for v in variables)


def _start(context: Context, suite: dict, token: str, bundle) -> Call:
    place = f"test-results/{token}"
    variables = {
        "RELEASEGATE_TOKEN": token,
        "RELEASEGATE_APPLICATION": context.application,
        "RELEASEGATE_ENVIRONMENT": context.environment,
        "RELEASEGATE_VERSION": context.version,
        "RELEASEGATE_SUITE": suite["name"],
    }
    params = {
        "projectName": PROJECT,
        "sourceTypeOverride": "S3",
        "sourceLocationOverride": f"{bundle.bucket}/{bundle.key}",
        "sourceVersion": bundle.version_id,
        "buildspecOverride": suite["buildspec"],
        "timeoutInMinutesOverride": max(5, -(-suite["timeout"] // 60)),
        "environmentVariablesOverride": [
            {"name": name, "value": value, "type": "PLAINTEXT"} for name, value in sorted(variables.items())
        ],
        "logsConfigOverride": {
            "s3Logs": {"status": "ENABLED", "location": f"{context.staging_bucket}/{place}/log"}
        },
        "artifactsOverride": {
            "type": "S3",
            "location": context.staging_bucket,
            "path": place,
            "name": "report",
            "namespaceType": "NONE",
            "packaging": "NONE",
        },
    }
    target = f"codebuild {PROJECT}: {suite['name']}"
    return Call("codebuild.StartBuild", params, token, target, "test", token_field="idempotencyToken")


def _result(context: Context, suite: dict, token: str, build: dict) -> dict:
    report = _read(context, f"test-results/{token}/report/{suite['report']}", REPORT_LIMIT)
    log = _log(context, build)
    detail = "" if report is not None else f"No report at {suite['report']}."
    return {"status": build["buildStatus"], "junit": report, "log": log, "detail": detail}


def _read(context: Context, key: str, limit: int) -> bytes | None:
    try:
        answer = context.session.client("s3", retries=True).get_object(Bucket=context.staging_bucket, Key=key)
    except Exception as error:
        if classify(error).kind == FaultKind.GONE:
            return None
        raise
    return answer["Body"].read(limit)


def _log(context: Context, build: dict) -> str:
    """The build's log from the account's S3, or a line that says there is none."""
    arn = build.get("logs", {}).get("s3LogsArn", "")
    if ":::" not in arn:
        return "CodeBuild named no log."
    key = arn.split(":::", 1)[1].partition("/")[2]
    data = _read(context, key, LOG_LIMIT)
    return _text(data) if data is not None else "The log is not there."


def _text(data: bytes) -> str:
    """CodeBuild compresses the logs it writes to S3 (User Guide, "View build logs"); no more is unpacked than kept."""
    if data[:2] != b"\x1f\x8b":
        return data.decode("utf-8", "replace")
    unpacked = zlib.decompressobj(wbits=31).decompress(data, LOG_LIMIT)
    return unpacked.decode("utf-8", "replace")
