"""Asking the gate and deploying, with and without waiting."""

import json

import pytest

from cli import relgate
from deployments.states import TERMINAL, State
from tests.cli.answers import DEPLOYMENT
from tests.cli.fake_server import scripted

CLOSED = {"code": "outside_window", "text": "Closed.", "until": "2026", "how_to_clear": "Wait."}


def decision(verdict: str) -> dict:
    return {
        "verdict": verdict,
        "until": None,
        "reasons": [] if verdict == "allow" else [CLOSED],
        "checks": [],
    }


@pytest.mark.parametrize(("verdict", "exit_code"), [("allow", 0), ("deny", 3), ("wait", 4)])
def test_the_gate_answers_by_its_exit_code(run, verdict, exit_code):
    with scripted((200, decision(verdict))) as script:
        code, out, _ = run(
            script, "gate", "check", "payments@1.4.2", "--to", "prod", "--at", "2026-01-01T00:00:00Z"
        )
    assert code == exit_code
    assert script.asked[0].path == (
        "/api/v1/decision?application=payments&version=1.4.2&environment=prod&at=2026-01-01T00%3A00%3A00Z"
    )
    assert out.startswith(f"payments@1.4.2 to prod: {verdict}")
    assert ("outside_window until 2026: Closed. Wait." in out) is (verdict != "allow")


@pytest.mark.parametrize("there", [True, False])
def test_what_runs_there_already_is_said_before_the_reasons(run, there):
    with scripted((200, {**decision("wait"), "runs_there": there})) as script:
        code, out, _ = run(script, "gate", "check", "payments@1.4.2", "--to", "prod")
    assert code == 4
    said = "  It already runs there; what follows is for deploying it once more."
    assert (out.splitlines()[1] == said) is there
    assert "outside_window" in out


def test_the_gate_is_asked_again_while_there_is_time(run, alone):
    with scripted((200, decision("wait")), (200, decision("wait")), (200, decision("allow"))) as script:
        assert run(script, "gate", "check", "payments@1", "--to", "prod", "--wait", "30m")[0] == 0
    assert (len(script.asked), len(alone)) == (3, 2)


def test_the_expedited_way_is_asked_for_with_one_flag_and_said(run):
    said = "Expedited: staging is skipped; 1 has succeeded in dev."
    answer = decision("wait") | {"checks": [{"name": "order", "state": "pass", "note": said}]}
    with scripted((200, answer), (202, DEPLOYMENT)) as script:
        code, out, _ = run(script, "gate", "check", "payments@1", "--to", "prod", "--expedited")
        assert code == 4 and said in out
        assert run(script, "deploy", "payments@1", "--to", "prod", "--expedited")[0] == 0
    assert script.asked[0].path.endswith("&expedited=true")
    assert script.asked[1].json == {
        "application": "payments",
        "version": "1",
        "environment": "prod",
        "expedited": True,
    }


@pytest.mark.parametrize("release", ["payments", "@1", "payments@"])
def test_a_release_is_named_with_its_version(run, release):
    with scripted((200, decision("allow"))) as script:
        assert run(script, "gate", "check", release, "--to", "prod")[0] == 2
    assert script.asked == []


def test_a_request_without_wait_is_done_when_it_is_accepted(run):
    with scripted((202, DEPLOYMENT)) as script:
        code, out, _ = run(
            script,
            "deploy",
            "payments@1.4.2",
            "--to",
            "prod",
            "--reason",
            "Friday",
            "--parameter",
            "Stage=blue",
        )
    assert code == 0
    assert script.asked[0].json == {
        "application": "payments",
        "version": "1.4.2",
        "environment": "prod",
        "reason": "Friday",
        "parameters": {"Stage": "blue"},
    }
    assert "deployment dep_1 of payments@1.4.2 to prod: needs_approval" in out


@pytest.mark.parametrize(
    ("state", "exit_code"),
    [
        ("succeeded", 0),
        ("failed", 1),
        ("rolled_back", 1),
        ("rollback_failed", 1),
        ("cancelled", 3),
        ("rejected", 3),
        ("expired", 3),
        ("superseded", 3),
        ("withdrawn", 3),
        ("needs_human", 9),
    ],
)
def test_a_waited_deployment_ends_with_the_code_of_its_end(run, state, exit_code):
    following = [
        (200, DEPLOYMENT | {"state": name}) for name in ("needs_approval", "running", "verifying", state)
    ]
    with scripted((202, DEPLOYMENT), *following) as script:
        code, out, _ = run(
            script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "30m", "--output", "json"
        )
    assert code == exit_code
    assert json.loads(out)["state"] == state
    assert [asked.path for asked in script.asked[1:]] == ["/api/v1/deployments/dep_1?wait=60"] * 4


def test_every_state_of_a_deployment_is_an_end_or_is_waited_on():
    assert set(relgate.ENDS) == {str(state) for state in TERMINAL} | {str(State.NEEDS_HUMAN)}


@pytest.mark.parametrize(("state", "exit_code"), [("needs_approval", 4), ("waiting", 4), ("uncertain", 9)])
def test_when_the_wait_runs_out_it_says_so(run, monkeypatch, state, exit_code):
    clock = iter(range(0, 100_000, 20))
    monkeypatch.setattr(relgate.time, "monotonic", lambda: next(clock))
    with scripted((202, DEPLOYMENT), (200, DEPLOYMENT | {"state": state})) as script:
        code, _, _ = run(script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "90")
    assert code == exit_code


def test_waiting_for_people_does_not_spin(run, alone):
    following = [(200, DEPLOYMENT)] * 5 + [(200, DEPLOYMENT | {"state": "succeeded"})]
    with scripted((202, DEPLOYMENT), *following) as script:
        assert run(script, "deploy", "payments@1.4.2", "--to", "prod", "--wait", "2h")[0] == 0
    assert alone == [5.0] * 5


@pytest.mark.parametrize("text", ["soon", "5d", "-1", "1.5h", ""])
def test_a_time_that_is_none_is_refused_before_anything_is_asked(run, text):
    with scripted((202, DEPLOYMENT)) as script:
        code, _, _ = run(script, "deploy", "payments@1", "--to", "prod", f"--wait={text}")
    assert (code, len(script.asked)) == ((2, 0) if text else (0, 1))


def test_what_is_not_said_by_a_flag_may_be_said_by_the_environment(run, monkeypatch):
    for name, value in {"TO": "prod", "REASON": "PAY-77", "PARAMETER": "Stage=blue\nSize=2"}.items():
        monkeypatch.setenv(f"RELGATE_{name}", value)
    with scripted((202, DEPLOYMENT)) as script:
        code, _, _ = run(script, "deploy", "payments@1")
    assert code == 0
    assert script.asked[0].json == {
        "application": "payments",
        "version": "1",
        "environment": "prod",
        "reason": "PAY-77",
        "parameters": {"Stage": "blue", "Size": "2"},
    }


def test_the_end_of_the_chance_to_vote_is_not_taken_for_the_end_of_the_waiting(run):
    people = {"code": "approval_needed", "text": "One key is open.", "until": "2026-12-11T00:00:00Z"}
    window = {"code": "outside_window", "text": "prod is closed.", "until": "2026-12-02T21:00:00Z"}
    for reasons, first in (
        ([people], "payments@1 to prod: wait"),
        ([window], "payments@1 to prod: wait, until U"),
        ([window, people], "payments@1 to prod: wait"),
    ):
        with scripted((200, {"verdict": "wait", "until": "U", "reasons": reasons})) as script:
            _, out, _ = run(script, "gate", "check", "payments@1", "--to", "prod")
        assert out.splitlines()[0] == first
        assert ("(votes count until 2026-12-11T00:00:00Z)" in out) == (people in reasons)
        assert ("outside_window until 2026-12-02T21:00:00Z" in out) == (window in reasons)
