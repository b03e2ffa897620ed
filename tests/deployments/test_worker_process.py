"""A worker as its own process, without a broker: what somebody waits for is done by the pool's sweeper alone."""

import os
import subprocess
import sys
import time

import pytest

from deployments.models import Export, Worker
from tests.architecture.source import ROOT
from tests.deployments.accounts import prepared_account, reach_sandbox, states
from tests.teams.callers import as_administrator, problem

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.journey]
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def start(database_url, sandbox, settings, tmp_path):
    """start(pool) → once the process has said that it lives."""
    reach_sandbox(settings, sandbox)
    settings.EVIDENCE_DIR = tmp_path
    running = []

    def start(pool: str) -> None:
        env = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": NOWHERE,
            "RELEASEGATE_TIME_SCALE": "0.05",
            "RELEASEGATE_EVIDENCE_DIR": str(tmp_path),
            "RELEASEGATE_AWS_ENDPOINT_URL": settings.AWS_ENDPOINT_URL,
            "RELEASEGATE_AWS_ACCESS_KEY_ID": settings.AWS_ACCESS_KEY_ID,
            "RELEASEGATE_AWS_SECRET_ACCESS_KEY": settings.AWS_SECRET_ACCESS_KEY,
        }
        command = [sys.executable, "manage.py", "worker", "--pool", pool]
        running.append(subprocess.Popen(command, cwd=ROOT, env=env, stderr=subprocess.DEVNULL))
        until = time.monotonic() + 30
        while not Worker.objects.filter(pool=pool).exists():
            assert time.monotonic() < until and running[-1].poll() is None
            time.sleep(0.1)

    yield start
    for process in running:
        process.kill()
        process.wait(10)


def test_the_pools_worker_tries_accounts_and_any_worker_writes_exports(start, sandbox):
    account = prepared_account(sandbox, pool="prod")
    start("prod")
    admin = as_administrator()
    answer = admin.post(f"/accounts/{account.pk}/test")
    assert (answer.status_code, states(answer.json())) == (200, ["pass"] * 4)
    stranger = prepared_account(sandbox, pool="nonprod")
    assert problem(admin.post(f"/accounts/{stranger.pk}/test"))[:2] == (503, "pool_unavailable")
    place = admin.post("/audit/exports", {})["Location"].removeprefix("/api/v1")
    until = time.monotonic() + 20
    while (said := admin.get(place).json())["state"] != "done":
        assert time.monotonic() < until, said
        time.sleep(0.1)
    assert Export.objects.get().lease_owner.startswith("prod@")
    body = b"".join(admin.get(f"{place}/file").streaming_content)
    assert body.startswith(b"# Release Gate: deployment history\r\n")
    assert len(body) == said["size"]
