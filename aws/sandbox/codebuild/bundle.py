"""Source bundles unpacked: a zip laid out in a directory, with nothing outside it and nothing too large."""

import io
import stat
import zipfile
from pathlib import Path, PurePosixPath

FILES_LIMIT = 20_000
BYTES_LIMIT = 512 * 1024 * 1024


class BundleInvalid(Exception):
    """The bundle cannot be unpacked; the text says why."""


def unpack(data: bytes, into: Path) -> None:
    """Lay the zip's files out below `into`. Raises BundleInvalid and may leave files of a refused bundle.

    Refused: what is no zip, paths that lead out (absolute, "..", drive letters), symbolic links, more
    than 20,000 files, more than 512 MiB unpacked (counted while reading, not as the zip claims).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError) as exc:
        raise BundleInvalid("the source is not a zip file") from exc
    entries = archive.infolist()
    if len(entries) > FILES_LIMIT:
        raise BundleInvalid(f"the source has more than {FILES_LIMIT} files")
    left = BYTES_LIMIT
    for entry in entries:
        target = into / _safe(entry)
        if entry.is_dir():
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        left -= _write(archive, entry, target, left)


def _safe(entry: zipfile.ZipInfo) -> PurePosixPath:
    path = PurePosixPath(entry.filename)
    bad = path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename
    if bad or not path.parts:
        raise BundleInvalid(f"the source has a path that leads out of it: {entry.filename[:200]!r}")
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise BundleInvalid(f"the source has a symbolic link: {entry.filename[:200]!r}")
    return path


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    written = 0
    try:
        with archive.open(entry) as source, target.open("wb") as sink:
            while chunk := source.read(1024 * 1024):
                written += len(chunk)
                if written > left:
                    raise BundleInvalid(f"the source has more than {BYTES_LIMIT} bytes unpacked")
                sink.write(chunk)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as exc:
        raise BundleInvalid(f"the source cannot be unpacked: {exc}") from exc
    if (entry.external_attr >> 16) & stat.S_IXUSR:
        target.chmod(0o755)
    return written
