"""Chooses where this test run lives, before Django reads its settings. Imported first by tests/conftest.py.

RELEASEGATE_TEST_DB=sqlite|postgres picks the database (without it: what DATABASE_URL names, else SQLite).
For PostgreSQL: DATABASE_URL, else the usual local address if it lets us in, else a private server.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis

from tests import servers

# What a developer's shell may hold and a test must not see.
FORGET = (
    "AWS_",
    "RELEASEGATE_",
    "RELGATE_",
    "DATABASE_",
    "REDIS_",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
    "LOG_LEVEL",
)
KEEP = ("RELEASEGATE_TEST_",)

# How fast a machine is says nothing about a rule: no example fails because a machine was busy.
hypothesis.register_profile("steady", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis.load_profile("steady")


def database_kind() -> str:
    """ "sqlite" or "postgres"; anything else ends the run with one line."""
    default = "postgres" if os.environ.get("DATABASE_URL", "").startswith("postgres") else "sqlite"
    kind = os.environ.get("RELEASEGATE_TEST_DB", default)
    if kind not in {"sqlite", "postgres"}:
        pytest.exit(f"RELEASEGATE_TEST_DB must be sqlite or postgres, not {kind!r}.", returncode=4)
    return kind


def _postgres() -> str:
    """One address for the whole run: xdist workers inherit the controller's through the environment."""
    if inherited := os.environ.get("RELEASEGATE_TEST_POSTGRES"):
        return inherited
    try:
        return servers.shared_postgres() or servers.private_postgres().url
    except servers.NotInstalled as missing:
        pytest.exit(str(missing), returncode=4)


def prepare() -> Path:
    """Set the environment of this process and of its children; answers the run's private directory."""
    if settings.configured:
        pytest.exit("Unset DJANGO_SETTINGS_MODULE: the tests choose their own settings.", returncode=4)
    kind = database_kind()
    if redis := os.environ.get("REDIS_URL"):  # for journeys; in this process the broker stays in memory
        os.environ["RELEASEGATE_TEST_REDIS"] = redis
    postgres = _postgres() if kind == "postgres" else None
    for name in [name for name in os.environ if name.startswith(FORGET) and not name.startswith(KEEP)]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="rg-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    url = postgres or f"sqlite:///{home}/default.sqlite3"
    os.environ.update(
        RELEASEGATE_TEST_DB=kind,
        DJANGO_SETTINGS_MODULE="releasegate.settings",
        RELEASEGATE_MODE="test",
        RELEASEGATE_DATA_DIR=str(home),
        DATABASE_URL=url,
        SECRET_KEY="only-for-tests",
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    if postgres:
        os.environ["RELEASEGATE_TEST_POSTGRES"] = postgres
    return home


def inherited() -> Path | None:
    """An xdist worker finds what its controller prepared; it shares the directory, not the database."""
    ours = os.environ.get("RELEASEGATE_MODE") == "test" and "PYTEST_XDIST_WORKER" in os.environ
    return Path(os.environ["RELEASEGATE_DATA_DIR"]) if ours else None


HOME = inherited() or prepare()
settings.INSTALLED_APPS  # noqa: B018  reads the settings now, which is what lets pytest-django set Django up
