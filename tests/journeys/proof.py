"""The end of the acceptance story: what an auditor takes away, and what an edit of the database costs."""

import csv
import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.demo.running import ROOT
from tests.journeys.story import COMMENT, Place
from tests.journeys.wire import until


def verify(folder: Path, bundle: bytes, key: str) -> subprocess.CompletedProcess:
    """The offline verifier, with nothing but Python and the key."""
    (folder / "log.rgaudit").write_bytes(bundle)
    (folder / "key").write_text(key)
    return subprocess.run(
        [sys.executable, "-I", str(ROOT / "cli/relgate.py"), "verify", "log.rgaudit", "--key", "key"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )


def sealed_bundle(place: Place) -> bytes:
    """The whole log, once everything that happened so far is in it."""
    aude = place.person("aude")
    newest = aude.get("/audit/events", limit=1)["items"][0]["id"]

    def leaf():
        items = aude.get("/audit/events", limit=50)["items"]
        return next((e["leaf_index"] for e in items if e["id"] == newest), None) is not None

    until(leaf, what="the newest event is sealed")
    return aude.ask("GET", "/audit/bundle").data


def the_auditor_takes_everything_away(place: Place, rows: dict[str, str], folder: Path) -> str:
    """Step 11. `rows`: {deployment id: its state}; returns the key that was pinned."""
    month = (datetime.now(UTC) - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = place.person("aude").text(f"/audit/deployments.csv?from={month}")
    assert text.startswith("#")
    table = csv.DictReader(line for line in io.StringIO(text) if not line.startswith("#"))
    found = {row["deployment"]: row for row in table}
    for deployment, state in rows.items():
        line = found[deployment]
        assert (line["state"], line["environment"], line["requested_by"]) == (state, "prod", "dana")
        assert "rita" in line["approvals"]
        assert COMMENT in line["approvals"]
    assert place.person("dana").ask("GET", "/audit/bundle").status == 403
    key = place.person("aude").text("/audit/key")
    checked = verify(folder, sealed_bundle(place), key)
    print(checked.stdout)
    assert (checked.returncode, checked.stdout[:2]) == (0, "OK"), checked.stdout + checked.stderr
    return key


def an_edit_by_the_administrator_is_named(place: Place, key: str, folder: Path) -> None:
    """Step 12: the comment of one vote, edited where it is stored."""
    events = place.person("aude").get("/audit/events", kind="vote.cast", limit=200)["items"]
    leaves = {event["id"]: event["leaf_index"] for event in events}
    leaf = leaves[place.tamper(COMMENT)]
    wrong = verify(folder, sealed_bundle(place), key)
    assert (wrong.returncode, wrong.stdout) == (1, "")
    assert wrong.stderr == f"relgate: leaf {leaf}: the opening of comment is not what was committed to\n"
