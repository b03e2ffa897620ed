"""Files of large exports: `<EVIDENCE_DIR>/exports/<id>-<epoch>.<format>`, on the volume that workers and web share."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings


@dataclass(frozen=True)
class Written:
    """A file that reached the disk whole."""

    size: int
    digest: str  # sha256:<64 hex>


def place(export_id: str, epoch: int, kind: str) -> Path:
    return _folder() / f"{export_id}-{epoch}.{kind}"


def write(path: Path, pieces: Iterable[bytes]) -> Written:
    """Everything of `pieces`, then one rename: under its name there is never half a file."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}")
    digest, size = hashlib.sha256(), 0
    with open(partial, "wb", opener=_private) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)
    return Written(size, f"sha256:{digest.hexdigest()}")


def remove(export_id: str, *, but: Path | None = None) -> None:
    """Every file of this export, halves included; `but` stays."""
    if not _folder().is_dir():
        return
    for path in [*_folder().glob(f"{export_id}-*"), *_folder().glob(f".{export_id}-*")]:
        if path != but:
            path.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.EVIDENCE_DIR) / "exports"


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
