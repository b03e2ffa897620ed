"""The suite that runs in the target account: it passes a whole site, and finds each thing that is wrong with one."""

import importlib.util
import io
import xml.etree.ElementTree as ET
import zipfile
from types import ModuleType

import pytest

from builds.evidence.detect import read
from deployments.executors.s3_site import with_base
from ship import archive

pytestmark = pytest.mark.one_database

VERSION, RELEASE = "1.2.3+abcdef012345", f"releases/{'0' * 64}/"
FILES = {
    "README.md": b"# Us\n",
    "CHANGELOG.md": b"## [1.2.3] - Unreleased\n",
    "cli/relgate.py": b'print("relgate 1.2.3")\n',
    "manage.py": b"pass\n",
}
NAMES = [
    "the page says which version it is",
    "every file that is linked has the sum it should",
    "the source archive unpacks and every module parses",
    "the command line starts",
]


def suite() -> ModuleType:
    """The module as it lies in the bundle; its folder is no package of ours."""
    spec = importlib.util.spec_from_file_location(
        "download_site", archive.SUITE / "releasegate" / "download_site.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def laid(files: dict[str, bytes] = FILES, version: str = VERSION) -> dict[str, bytes]:
    """The objects of a bucket, as the S3 site target lays them."""
    with zipfile.ZipFile(io.BytesIO(archive.site(files, version, "c" * 40))) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    entry = with_base(held["index.html"], f"/{RELEASE}")
    return {RELEASE + name: data for name, data in held.items()} | {"index.html": entry}


def wrong(objects: dict[str, bytes], version: str = VERSION) -> dict[str, str]:
    """{name of the check: what it says}, of those that fail."""
    module = suite()
    found = module.run(module.Site(objects.__getitem__, version))
    assert [name for name, _ in found] == NAMES
    return {name: text for name, text in found if text}


def test_a_whole_site_passes():
    assert wrong(laid()) == {}


def test_a_site_of_another_version_is_found():
    assert set(wrong(laid(), "1.2.4+abcdef012345")) == {NAMES[0], NAMES[2], NAMES[3]}


@pytest.mark.parametrize("path", ["README.md", f"release-gate-{VERSION}.zip"])
def test_a_damaged_file_is_found(path):
    objects = laid()
    objects[RELEASE + path] += b"x"
    assert f"{path} is damaged" in wrong(objects)[NAMES[1]]


def test_a_file_that_was_not_laid_is_found():
    objects = laid()
    del objects[RELEASE + "CHANGELOG.md"]
    assert "CHANGELOG.md" in wrong(objects)[NAMES[1]]


def test_a_page_without_a_release_of_its_own_is_found():
    objects = laid()
    objects["index.html"] = objects[RELEASE + "index.html"]
    assert set(wrong(objects)) == set(NAMES[1:])


def test_a_source_that_does_not_parse_is_found():
    assert "SyntaxError" in wrong(laid(FILES | {"manage.py": b"def\n"}))[NAMES[2]]


def test_a_command_line_of_another_release_is_found():
    old = FILES | {"cli/relgate.py": b'print("relgate 1.2.2")\n'}
    assert set(wrong(laid(old))) == {NAMES[3]}


def test_the_report_is_one_that_the_desk_reads():
    text = suite().report([("fine", None), ("broken", 'AssertionError: <it> & "that"')])
    assert [case.get("name") for case in ET.fromstring(text)] == ["fine", "broken"]
    facts = read("junit", text.encode())
    assert (facts.verdict, facts.summary["tests"], facts.summary["failed"]) == ("fail", 2, 1)
