"""The reports that go along as evidence: real ones, of a run of this project's own tests."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from ship.archive import ROOT
from ship.telling import Surprise

# Fast, and still what everything else stands on: ids, clocks, refusals, paging, the shape of the code.
SUBSET = ("tests/kernel", "tests/ship")


@dataclass(frozen=True)
class Reports:
    junit: list[Path]
    coverage: Path


def of_last_run(folder: Path) -> Reports:
    """Those that `make test` left in `folder`. Raises Surprise if there are none."""
    found = Reports(sorted(folder.glob("junit*.xml")), folder / "coverage.xml")
    if not found.junit or not found.coverage.is_file():
        raise Surprise(f"{folder} holds no junit*.xml with a coverage.xml beside: run `make test` first")
    return found


def of_subset(folder: Path) -> Reports:
    """Run the subset now; its reports in `folder`. Raises Surprise when a test fails."""
    found = Reports([folder / "junit.xml"], folder / "coverage.xml")
    wanted = [f"--junitxml={found.junit[0]}", "--cov", f"--cov-report=xml:{found.coverage}"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *SUBSET, "-m", "not journey", *wanted],
        cwd=ROOT,
        env=os.environ | {"RELEASEGATE_TEST_DB": "sqlite", "COVERAGE_FILE": str(folder / "coverage.data")},
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise Surprise(
            f"the tests fail, so there is nothing to ship:\n{run.stdout[-2000:]}{run.stderr[-2000:]}"
        )
    return found
