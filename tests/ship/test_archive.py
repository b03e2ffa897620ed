"""What is packed: the commit and nothing else, the same bytes every time."""

import io
import subprocess
import zipfile
from pathlib import Path

import pytest

from builds.testspec import read_bundle
from ship import archive

pytestmark = pytest.mark.one_database

CHANGELOG = "# Changelog\n\n## [1.2.3] - Unreleased\n\n## [1.2.2] - 2026-01-01\n"
FILES = {
    "README.md": b"# Us\n",
    "CHANGELOG.md": CHANGELOG.encode(),
    "cli/relgate.py": b'print("relgate 1.2.3")\n',
    "manage.py": b"pass\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One commit that holds FILES."""
    for path, data in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "Everything")
    return tmp_path


def git(where: Path, *words: str) -> None:
    who = ["-c", "user.name=Us", "-c", "user.email=us@example.com"]
    subprocess.run(["git", "-C", str(where), *who, *words], check=True, capture_output=True)


def unpacked(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def test_the_version_names_the_newest_heading_and_the_commit(repository):
    made = archive.shipment(repository)
    assert len(made.commit) == 40
    assert made.version == f"1.2.3+{made.commit[:12]}"


def test_the_same_commit_gives_the_same_bytes_whatever_lies_beside_it(repository):
    before = archive.shipment(repository)
    (repository / "README.md").write_text("changed and not committed")
    (repository / "secret").write_text("never added")
    assert archive.shipment(repository) == before


def test_another_commit_gives_other_bytes(repository):
    before = archive.shipment(repository)
    (repository / "manage.py").write_text("changed\n")
    git(repository, "commit", "--all", "--quiet", "--message", "A change")
    after = archive.shipment(repository)
    assert archive.digest(after.artifacts[0][3]) != archive.digest(before.artifacts[0][3])


def test_the_site_holds_the_source_what_people_read_and_the_sums_of_all(repository):
    made = archive.shipment(repository)
    name, kind, filename, data = made.artifacts[0]
    assert (name, kind, filename) == ("site", "s3-bundle", "site.zip")
    held = unpacked(data)
    top = f"release-gate-{made.version}"
    assert list(held) == sorted(
        [f"{top}.zip", "CHANGELOG.md", "README.md", "relgate.py", "SHA256SUMS", "index.html"]
    )
    assert unpacked(held[f"{top}.zip"]) == {f"{top}/{path}": FILES[path] for path in sorted(FILES)}
    sums = dict(reversed(line.split("  ")) for line in held["SHA256SUMS"].decode().splitlines())
    listed = set(held) - {"SHA256SUMS", "index.html"}
    assert sums == {path: archive.digest(held[path]).removeprefix("sha256:") for path in listed}


def test_the_tests_go_along_as_every_pipeline_expects_them():
    spec = read_bundle(archive.tests())
    assert [(suite.name, suite.required, suite.environments) for suite in spec.suites] == [
        ("download-site", True, None)
    ]
