"""The bytes of posted evidence, kept by what they are: `<EVIDENCE_DIR>/sha256/<2 hex>/<64 hex>`."""

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings


class EvidenceLost(Exception):
    """The bytes are not there, or are no longer those that were stored."""


def digest_of(data: bytes) -> str:
    """`sha256:<64 hex>`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def keep(data: bytes) -> str:
    """Store the bytes and answer their digest. The same bytes twice are one file; a reader never sees half of
    one, because it appears under its name by one rename after it reached the disk."""
    digest = digest_of(data)
    place = _place(digest)
    if place.exists():
        return digest
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return digest


def read(digest: str) -> bytes:
    """The bytes of that digest. Raises EvidenceLost if they are missing or were changed on the disk."""
    try:
        data = _place(digest).read_bytes()
    except FileNotFoundError as error:
        raise EvidenceLost(f"The file {digest} is missing.") from error
    if digest_of(data) != digest:
        raise EvidenceLost(f"The file {digest} was changed.")
    return data


def _place(digest: str) -> Path:
    name = digest.removeprefix("sha256:")
    return Path(settings.EVIDENCE_DIR) / "sha256" / name[:2] / name
