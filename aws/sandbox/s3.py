"""S3 where moto is too kind: a wrong checksum or digest is refused, and an ETag under a KMS key is no MD5."""

import base64
import binascii
import hashlib

from moto.s3.models import FakeKey

from aws.sandbox.wire import AwsError, Call

_MD5 = FakeKey.etag.fget
_UPLOADS = frozenset(["PutObject", "UploadPart"])


def check(call: Call) -> None:
    """Raise BadDigest when the body does not have the checksum its headers claim.

    Amazon S3 User Guide, "Checking object integrity": S3 compares a checksum sent with the upload and
    fails the request if they differ.
    """
    if call.action not in _UPLOADS or call.headers.get("x-amz-content-sha256", "").startswith("STREAMING"):
        return
    for header, name in (("x-amz-checksum-sha256", "sha256"), ("content-md5", "md5")):
        claimed = call.headers.get(header)
        if not claimed:
            continue
        try:
            wanted = base64.b64decode(claimed, validate=True)
        except binascii.Error as exc:
            raise AwsError("InvalidRequest", f"Value for {header} header is invalid.") from exc
        if hashlib.new(name, call.body, usedforsecurity=False).digest() != wanted:
            algorithm = name.upper()
            raise AwsError(
                "BadDigest",
                f"The {algorithm} you specified did not match the calculated checksum.",
            )


def _etag(key: FakeKey) -> str:
    """Amazon S3 API Reference, "Object": an object encrypted with a KMS key has an ETag that is not its MD5."""
    plain = _MD5(key)
    if not (key.encryption or "").startswith("aws:kms"):
        return plain
    sealed = f"{plain} {key.version_id} {key.last_modified}".encode()
    return f'"{hashlib.md5(sealed, usedforsecurity=False).hexdigest()}"'


FakeKey.etag = property(_etag)
