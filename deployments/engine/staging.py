"""Put a release's artifacts into the target account's staging bucket, each once, re-hashed on the way.

The worker reads with the tools account's credentials and writes with the deploy role's, so the deploy role never
needs the tools bucket.
"""

from django.db import transaction

from aws import artifacts
from aws.errors import FaultKind, classify
from builds.rules import MOST_BYTES
from deployments.engine import journal
from deployments.engine.work import Work, reader
from deployments.executor import Call, Calls, Done, Failed, Progress
from deployments.models import Deployment

ALWAYS = ("test-bundle",)
REFUSED = {
    "staging_foreign": "{key} in the staging bucket has other bytes.",
    "staging_unversioned": "The staging bucket {bucket} keeps no versions, so that what was verified could be"
    " overwritten before it is used. Turn its versioning on.",
}


def stage(work: Work, release, session, prefix: str) -> Progress:
    """Done once every artifact the target or the tests need lies in the account; where, is kept in plan_data."""
    progress, have = _look(work, release, session, prefix)
    _remember(work, have)
    return progress


def _remember(work: Work, staged: dict) -> None:
    """What was found and hashed once is not read again at the next tick."""
    deployment = work.deployment
    known = deployment.plan_data.get("staged", {})
    if staged.items() <= known.items():
        return
    with transaction.atomic():
        journal.fence(deployment)
        data = {**deployment.plan_data, "staged": {**known, **staged}}
        Deployment.objects.filter(pk=deployment.pk).update(plan_data=data)
        deployment.plan_data = data


def _look(work: Work, release, session, prefix: str) -> tuple[Progress, dict]:
    """What to do next, and {digest: {"bucket", "key", "version_id"}} of what lies there. One artifact is copied at a
    time, because its bytes are in memory for that long."""
    wanted = [a for a in release.build.artifacts.all() if a.kind in (*work.executor.artifact_kinds, *ALWAYS)]
    have, missing = {}, []
    known = work.deployment.plan_data.get("staged", {})
    for artifact in wanted:
        found = have.get(artifact.digest) or _versioned(known.get(artifact.digest))
        found = found or _there(session, work.staging_bucket, artifact)
        if isinstance(found, str):
            detail = REFUSED[found].format(key=_key(artifact), bucket=work.staging_bucket)
            return Failed(detail, code=found, changed=False), have
        if found:
            have[artifact.digest] = found
            if artifact.digest not in known:
                work.seen[_token(prefix, artifact)] = {"VersionId": found["version_id"]}
        else:
            missing.append(artifact)
    if not missing:
        return Done("The artifacts lie in the account.", have), have
    first = missing[0]
    call = _copy(work, first, prefix, reader(work, release)(first.name))
    return Calls((call,), f"Copying {len(missing)} artifact(s) into the account."), have


def _versioned(place: dict | None) -> dict | None:
    """A place that is known, unless its object can be overwritten."""
    return place if place and place["version_id"] not in ("", "null") else None


def _copy(work: Work, artifact, prefix: str, data: bytes) -> Call:
    """Write once: If-None-Match refuses a second object under the same key (Amazon S3 API, PutObject)."""
    return Call(
        api="s3.PutObject",
        params={
            "Bucket": work.staging_bucket,
            "Key": _key(artifact),
            "IfNoneMatch": "*",
            "Metadata": {"rg-digest": artifact.digest},
        },
        token=_token(prefix, artifact),
        target=f"s3://{work.staging_bucket}/{_key(artifact)}",
        purpose="stage",
        body=data,
    )


def _token(prefix: str, artifact) -> str:
    return f"{prefix}-stage-{artifact.digest[7:23]}"


def _key(artifact) -> str:
    return f"artifacts/{artifact.digest.removeprefix('sha256:')}/{artifact.name}"


def _there(session, bucket: str, artifact) -> dict | str | None:
    """Where the copy lies; None if it does not; a key of REFUSED if it cannot be used (its bytes are hashed)."""
    try:
        head = session.client("s3", retries=True).head_object(Bucket=bucket, Key=_key(artifact))
    except Exception as error:
        if classify(error).kind == FaultKind.GONE:
            return None
        raise
    version = head.get("VersionId", "null")
    if (
        version == "null"
    ):  # S3's id of what can be overwritten: what was hashed would not be what is used later
        return "staging_unversioned"
    try:
        digest, _ = artifacts.hash_object(session, bucket, _key(artifact), version, limit_bytes=MOST_BYTES)
    except artifacts.ArtifactTooLarge:
        return "staging_foreign"
    if digest != artifact.digest:
        return "staging_foreign"
    return {"bucket": bucket, "key": _key(artifact), "version_id": version}
