"""Artifacts where they lie: S3 objects read and hashed without trusting what anybody says about them."""

import contextlib
import hashlib
import re
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from aws.errors import Fault, FaultKind, classify
from aws.session import AwsSession

CHUNK_BYTES = 1024 * 1024
# Amazon S3 User Guide, "General purpose buckets naming rules" and "Naming Amazon S3 objects".
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_KEY_LIMIT_BYTES = 1024


class ArtifactError(Exception):
    """An artifact could not be read; `code` is stable, `fault` is what AWS said, if it was asked."""

    code = "artifact_unreadable"

    def __init__(self, message: str, fault: Fault | None = None):
        super().__init__(message)
        self.fault = fault


class ArtifactUriInvalid(ArtifactError):
    """The address is not s3://bucket/key."""

    code = "artifact_uri_invalid"


class ArtifactMissing(ArtifactError):
    """No such bucket, key or version."""

    code = "artifact_missing"


class ArtifactAccessDenied(ArtifactError):
    """AWS refused to let us read it."""

    code = "artifact_access_denied"


class ArtifactTooLarge(ArtifactError):
    """It is larger than the limit; nothing beyond the limit was read."""

    code = "artifact_too_large"


def parse_s3_uri(uri: str) -> tuple[str, str, str | None]:
    """(bucket, key, version id or None) of "s3://bucket/key" or "s3://bucket/key?versionId=…".

    Raises ArtifactUriInvalid for anything else: other schemes, empty parts, control characters,
    bucket names that S3 does not allow, keys over 1,024 bytes.
    """
    if not isinstance(uri, str) or not uri.startswith("s3://"):
        raise ArtifactUriInvalid("An artifact's address must read s3://bucket/key")
    bucket, _, rest = uri.removeprefix("s3://").partition("/")
    key, found, version = rest.partition("?versionId=")
    if not _BUCKET.fullmatch(bucket) or ".." in bucket:
        raise ArtifactUriInvalid("The bucket's name is not one that S3 allows")
    if not key or len(key.encode()) > _KEY_LIMIT_BYTES or any(ord(char) < 32 for char in rest):
        raise ArtifactUriInvalid("The key must have 1 to 1,024 bytes and no control characters")
    if found and not re.fullmatch(r"[\x21-\x7e]{1,1024}", version):
        raise ArtifactUriInvalid("The version id must have 1 to 1,024 visible characters")
    return bucket, key, version or None


def _refusal(where: str, exc: Exception) -> ArtifactError:
    fault = classify(exc)
    if fault.kind is FaultKind.GONE:
        return ArtifactMissing(f"{where} does not exist", fault)
    if fault.code in ("AccessDenied", "403", "Forbidden", "AllAccessDisabled"):
        return ArtifactAccessDenied(f"AWS refused to let us read {where}", fault)
    if fault.code in ("InvalidArgument", "NoSuchVersion", "400"):
        return ArtifactMissing(f"{where} does not exist in that version", fault)
    return ArtifactError(f"{where} could not be read: {fault.code}", fault)


def _open(session: AwsSession, bucket: str, key: str, version_id: str | None) -> Any:
    request = {"Bucket": bucket, "Key": key}
    if version_id:
        request["VersionId"] = version_id
    try:
        return session.client("s3", retries=True).get_object(**request)
    except (ClientError, BotoCoreError) as exc:
        raise _refusal(f"s3://{bucket}/{key}", exc) from exc


def _chunks(session: AwsSession, bucket: str, key: str, version_id: str | None, limit_bytes: int) -> Any:
    answer = _open(session, bucket, key, version_id)
    where = f"s3://{bucket}/{key}"
    with contextlib.closing(answer["Body"]) as body:
        if answer["ContentLength"] > limit_bytes:
            raise ArtifactTooLarge(f"{where} has {answer['ContentLength']} bytes; {limit_bytes} are allowed")
        try:
            yield from body.iter_chunks(CHUNK_BYTES)
        except BotoCoreError as exc:
            raise _refusal(where, exc) from exc


def hash_object(
    session: AwsSession,
    bucket: str,
    key: str,
    version_id: str | None,
    *,
    limit_bytes: int,
) -> tuple[str, int]:
    """("sha256:<64 hex>", size in bytes) of an S3 object, streamed in 1 MiB pieces.

    Raises ArtifactMissing, ArtifactAccessDenied, ArtifactTooLarge, or ArtifactError for all else.
    """
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(session, bucket, key, version_id, limit_bytes):
        digest.update(chunk)
        size += len(chunk)
    return f"sha256:{digest.hexdigest()}", size


def read_object(
    session: AwsSession,
    bucket: str,
    key: str,
    version_id: str | None,
    *,
    limit_bytes: int,
) -> bytes:
    """The bytes of an S3 object, at most `limit_bytes`; raises as hash_object does."""
    return b"".join(_chunks(session, bucket, key, version_id, limit_bytes))
