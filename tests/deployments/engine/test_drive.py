"""How often AWS may refuse to be read, or fail to answer, before a deployment fails or a person is asked."""

import pytest

from deployments.engine import drive
from deployments.engine.work import cache
from deployments.models import DeploymentLog, Intent

pytestmark = pytest.mark.one_database


def test_before_anything_changed_refused_reads_fail_after_the_limit_and_are_said_once(engine, control):
    engine.release("1.0.0")
    row = engine.look(engine.ask("1.0.0"))  # the account was tested
    control.fault("sts", "AssumeRole", "access_denied", times=10_000)
    cache.sessions.clear()
    for _ in range(drive.MOST_REFUSED):
        row = engine.look(row)
        assert row.state == "planning"
    row = engine.rounds(row, 2)
    assert (row.state, row.reasons[0]["code"]) == ("failed", "plan_failed")
    assert "AccessDenied" in row.reasons[0]["text"]
    lines = [line for piece in DeploymentLog.objects.all() for line in piece.text.splitlines()]
    assert sum(line[21:].startswith("AWS could not be read") for line in lines) == 1


def test_once_started_a_person_is_asked_only_after_the_limit_of_failed_reads(engine, control, monkeypatch):
    monkeypatch.setattr(drive, "MOST_UNREADABLE", 3)
    control.fault("cloudformation", "*", "slow_stack", seconds=60)
    engine.release("1.0.0")
    applied = Intent.objects.filter(purpose="apply", outcome="done")
    row = engine.advance(engine.ask("1.0.0"), until=lambda row: applied.exists())
    control.fault("cloudformation", "*", "server_error", times=10_000)
    for state in ("uncertain", "uncertain", "needs_human"):
        row = engine.look(row)
        assert row.state == state
    assert "AWS could not be read" in row.reasons[0]["text"]
