"""What is shipped: the source of a commit as a zip, laid into a small download site; and the tests of that site.

The same commit gives the same bytes every time, so the same build: names sorted, one date.
"""

import hashlib
import html
import io
import re
import subprocess
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STAMP = (1980, 1, 1, 0, 0, 0)
SUITE = Path(__file__).resolve().parent / "suite"
BESIDE = {"README.md": "README.md", "CHANGELOG.md": "CHANGELOG.md", "relgate.py": "cli/relgate.py"}
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Release Gate {version}</title>
</head>
<body>
<h1>Release Gate {version}</h1>
<p>Built from commit <code>{commit}</code>.</p>
<ul>
{links}
</ul>
</body>
</html>
"""


@dataclass(frozen=True)
class Shipment:
    """`version` names the commit; `artifacts`: [(name, kind, file name, bytes)] of its build."""

    version: str
    commit: str
    artifacts: list[tuple[str, str, str, bytes]]


def shipment(root: Path = ROOT) -> Shipment:
    """What HEAD gives. Uncommitted changes are not in it."""
    commit = git(root, "rev-parse", "HEAD").decode().strip()
    files = source(root, commit)
    version = f"{version_of(files['CHANGELOG.md'].decode())}+{commit[:12]}"
    return Shipment(
        version,
        commit,
        [
            ("site", "s3-bundle", "site.zip", site(files, version, commit)),
            ("tests", "test-bundle", "tests.zip", tests()),
        ],
    )


def git(root: Path, *arguments: str) -> bytes:
    """What git prints. Raises CalledProcessError."""
    return subprocess.run(["git", "-C", str(root), *arguments], check=True, capture_output=True).stdout


def source(root: Path, commit: str) -> dict[str, bytes]:
    """Every file of the commit by its path."""
    with tarfile.open(fileobj=io.BytesIO(git(root, "archive", "--format=tar", commit))) as packed:
        return {member.name: packed.extractfile(member).read() for member in packed if member.isfile()}


def version_of(changelog: str) -> str:
    """The version of the newest heading: `## [0.1.0] - Unreleased`."""
    return re.search(r"^## \[([0-9][^\]]*)\]", changelog, re.MULTILINE).group(1)


def site(files: dict[str, bytes], version: str, commit: str) -> bytes:
    """The download site: the source archive, what people read first, the sums of all, and a page that links them."""
    name = f"release-gate-{version}"
    laid = {f"{name}.zip": archive({f"{name}/{path}": data for path, data in files.items()})}
    laid |= {path: files[held] for path, held in BESIDE.items()}
    laid["SHA256SUMS"] = "".join(
        f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in sorted(laid.items())
    ).encode()
    links = "\n".join(
        f'<li><a href="{html.escape(path)}">{html.escape(path)}</a></li>' for path in sorted(laid)
    )
    laid["index.html"] = PAGE.format(version=html.escape(version), commit=commit, links=links).encode()
    return archive(laid)


def tests() -> bytes:
    """The test-bundle: ship/suite as it lies, the spec where every pipeline looks for it."""
    paths = [path for path in SUITE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return archive({path.relative_to(SUITE).as_posix(): path.read_bytes() for path in paths})


def archive(files: dict[str, bytes]) -> bytes:
    """A zip of `files` in the order of their names, all of one date."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(files):
            info = zipfile.ZipInfo(path, STAMP)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            packed.writestr(info, files[path])
    return buffer.getvalue()


def digest(data: bytes) -> str:
    """As artifacts are named."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
