"""The environment of a test run: chosen strictly, free of the developer's shell, one line where something lacks."""

import os
import subprocess
import sys

import pytest

from tests import needs, servers
from tests.architecture.source import ROOT

pytestmark = pytest.mark.one_database
INSIDE = """
import os
from tests import environment
from django.conf import settings
kept = [name for name in os.environ if name.startswith(("AWS_", "RELEASEGATE_", "RELGATE_", "REDIS_"))]
print(settings.MODE, settings.BROKER_URL, settings.DATABASES["default"]["ENGINE"].split(".")[-1])
print(*sorted(kept))
"""


def run(**variables: str) -> subprocess.CompletedProcess:
    """Prepare in a process of its own, with these variables and no others of ours."""
    shell = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
    return subprocess.run([sys.executable, "-c", INSIDE], cwd=ROOT, env=shell, capture_output=True, text=True)


def test_a_developers_shell_does_not_reach_the_tests():
    answer = run(
        AWS_ACCESS_KEY_ID="real",
        AWS_PROFILE="prod",
        RELEASEGATE_AWS_REGION="us-east-1",
        REDIS_URL="redis://x:1/0",
    )
    first, second = answer.stdout.splitlines()
    assert first == "test memory:// sqlite3"
    assert second.split() == [
        "AWS_CONFIG_FILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_SHARED_CREDENTIALS_FILE",
        "RELEASEGATE_DATA_DIR",
        "RELEASEGATE_MODE",
        "RELEASEGATE_TEST_DB",
        "RELEASEGATE_TEST_REDIS",
    ]


def test_the_database_follows_the_address_unless_it_is_named():
    url = "postgres://somebody@127.0.0.1:1/test"
    assert run(DATABASE_URL=url).stdout.splitlines()[0] == "test memory:// postgresql"
    assert (
        run(DATABASE_URL=url, RELEASEGATE_TEST_DB="sqlite").stdout.splitlines()[0] == "test memory:// sqlite3"
    )


def test_an_unknown_database_is_refused_in_one_line():
    answer = run(RELEASEGATE_TEST_DB="oracle")
    assert answer.returncode != 0
    assert "RELEASEGATE_TEST_DB must be sqlite or postgres, not 'oracle'." in answer.stderr


def test_what_is_missing_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr(servers, "chromium", lambda: None)
    assert (
        needs.missing()
        == "make test needs a Chromium: apt-get install chromium, or set CHROMIUM_PATH to one."
    )
    monkeypatch.setattr(servers, "chromium", lambda: "/usr/bin/chromium")
    assert needs.missing() is None


def test_ci_runs_the_same_targets_as_people_do():
    script = (ROOT / ".ci/run").read_text()
    assert [line.split()[1] for line in script.splitlines() if line.startswith("make ")] == [
        "install",
        "check",
        "test",
    ]
    assert "set -euo pipefail" in script
    assert os.access(ROOT / ".ci/run", os.X_OK)
