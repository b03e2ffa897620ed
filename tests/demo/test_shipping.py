"""`make ship` against a running demo: our own source in production, and a failed test that stops it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aws.sandbox.client import SandboxControl
from ship import archive
from tests.demo.running import ROOT, Demo, surroundings

pytestmark = [pytest.mark.journey, pytest.mark.one_database, pytest.mark.timeout(300)]
JUNIT = """<testsuite name="t" tests="1" failures="{failed}" errors="0" skipped="0" time="0">
<testcase classname="t" name="one" time="0">{inner}</testcase></testsuite>"""
COVERAGE = """<coverage line-rate="1" branch-rate="1" version="7" timestamp="0"><packages>
<package name="t" line-rate="1" branch-rate="1"><classes>
<class name="one" filename="t/one.py" line-rate="1" branch-rate="1"><methods/><lines><line number="1" hits="1"/></lines>
</class></classes></package></packages></coverage>"""


def ship(demo: Demo, folder: Path, *, failed: bool) -> subprocess.CompletedProcess:
    """With tiny reports, as `make ship` does it."""
    inner = '<failure message="no"/>' if failed else ""
    (folder / "junit.xml").write_text(JUNIT.format(failed=int(failed), inner=inner))
    (folder / "coverage.xml").write_text(COVERAGE)
    (folder / "demo.json").write_text(json.dumps(demo.said))
    command = [
        sys.executable,
        "-m",
        "ship",
        "--demo-json",
        str(folder / "demo.json"),
        "--reports",
        str(folder),
    ]
    return subprocess.run(command, cwd=ROOT, env=surroundings(), capture_output=True, text=True, timeout=240)


def deployments(demo: Demo) -> list[dict]:
    rita = demo.person("rita")
    rows = rita.get("/deployments", application="release-gate")["items"]
    return sorted(
        (rita.get(f"/deployments/{row['id']}") for row in rows), key=lambda row: row["requested_at"]
    )


def voters(demo: Demo, row: dict) -> list[str]:
    approval = row["approval"]
    if approval is None:
        return []
    return [vote["by"] for vote in demo.person("rita").get(f"/approvals/{approval['id']}")["votes"]]


def test_the_project_ships_itself_to_production_with_two_keys(demo, tmp_path):
    told = ship(demo, tmp_path, failed=False)
    assert (told.returncode, told.stderr) == (0, ""), told.stdout[-3000:]
    version = archive.shipment().version
    rows = deployments(demo)
    assert [(row["environment"], row["version"], row["state"]) for row in rows] == [
        (environment, version, "succeeded") for environment in ("dev", "staging", "prod")
    ]
    assert [voters(demo, row) for row in rows] == [[], ["rita"], ["rita", "omar"]]
    assert {row["requested_by"] for row in rows}.isdisjoint({"rita", "omar"})
    assert all({s["kind"]: s["state"] for s in row["steps"]}["test"] == "done" for row in rows)
    listed = SandboxControl(demo.aws).listings()
    for account in demo.said["aws"]["accounts"].values():
        site = next(b for b in listed[account]["objects"] if b["bucket"] == f"rg-site-{account}-eu-west-1")
        names = {one["key"].rpartition("/")[2] for one in site["objects"]}
        assert {"index.html", f"release-gate-{version}.zip", "SHA256SUMS"} <= names
    assert "votes as rita" in told.stdout
    assert "OK: leaves" in told.stdout


def test_a_test_that_failed_stops_it_before_anything_is_deployed(demo, tmp_path):
    before = [row["id"] for row in deployments(demo)]
    told = ship(demo, tmp_path, failed=True)
    assert told.returncode == 1
    assert "Surprise in step 7" in told.stderr
    assert "says that something failed" in told.stderr
    assert [row["id"] for row in deployments(demo)] == before
