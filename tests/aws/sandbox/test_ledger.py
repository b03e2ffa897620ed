"""The ledger: calls as they arrived, mutations as they were executed, replays told apart."""

import pytest

from aws.sandbox.ledger import Ledger
from aws.sandbox.wire import Call


@pytest.fixture
def ledger():
    return Ledger()


def call(action="PutObject", account="1", effective=True, token=""):
    made = Call("s3", "eu-west-1", action, "PUT", "/b/k", {}, {}, b"", {}, 5.0, account=account)
    made.effective, made.token, made.target = effective, token, "b/k"
    return made


def test_call_is_logged_on_arrival_and_its_status_follows(ledger):
    entry = ledger.arrived(call())
    assert ledger.calls()[0]["status"] is None
    entry["status"] = 200
    assert [(each["action"], each["at"], each["status"]) for each in ledger.calls()] == [
        ("PutObject", 5.0, 200)
    ]


def test_replay_is_executed_but_not_effective(ledger):
    ledger.executed(call(token="t"))
    ledger.executed(call(token="t", effective=False))
    found = ledger.mutations()
    assert [entry["effective"] for entry in found["mutations"]] == [True, False]
    assert found["totals"] == [
        {"account": "1", "service": "s3", "action": "PutObject", "executed": 2, "effective": 1}
    ]


def test_totals_are_by_account_and_action(ledger):
    for account, action in (("2", "PutObject"), ("1", "DeleteObject"), ("1", "PutObject")):
        ledger.executed(call(action, account))
    rows = [(row["account"], row["action"]) for row in ledger.mutations()["totals"]]
    assert rows == [("1", "DeleteObject"), ("1", "PutObject"), ("2", "PutObject")]


def test_reset_forgets_everything(ledger):
    ledger.arrived(call())
    ledger.executed(call())
    ledger.reset()
    assert (ledger.calls(), ledger.mutations()) == ([], {"mutations": [], "totals": []})
