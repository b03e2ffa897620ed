"""A worker answers for its own pool, once, in time, in the name of whoever asked."""

from datetime import timedelta

import pytest

from deployments.actions.answer_account_test import answer_account_test
from deployments.facts import _unproved
from kernel.clock import raw_now
from pipelines.models import Account, ConnectionTest
from pipelines.sessions import sessions
from tests import people
from tests.deployments.accounts import CHECKS, open_the_role, prepared_account, reach_sandbox, states
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(sandbox, settings) -> ConnectionTest:
    reach_sandbox(settings, sandbox)
    return ConnectionTest.objects.create(
        account=prepared_account(sandbox, pool="prod"),
        asked_by=people.administrator(request_id="req-7").as_record(),
        asked_at=raw_now(),
        expires_at=raw_now() + timedelta(seconds=20),
    )


def answer(test, pools=("prod",)) -> dict | None:
    return answer_account_test(test.pk, pools=pools, worker="w:1", sessions=sessions())


@pytest.mark.parametrize("pools", [("prod",), ("other", "prod"), None])
def test_what_aws_said_is_kept_with_the_request_the_account_and_the_log(asked, pools):
    found = answer(asked, pools)
    assert (found["ok"], states(found)) == (True, ["pass"] * 4)
    row = ConnectionTest.objects.get()
    assert (row.answer, row.taken_by) == (found, "w:1")
    assert Account.objects.get().test_result == found
    event = only_event("config.changed")
    assert event["data"] == {"change": "tested", "ok": True, "checks": dict.fromkeys(CHECKS, "pass")}
    assert (event["actor"]["id"], event["request_id"]) == ("per_admin", "req-7")


@pytest.mark.parametrize("pools", [("nonprod",), ()])
def test_a_worker_of_another_pool_never_does_it(asked, pools):
    assert answer(asked, pools) is None
    row = ConnectionTest.objects.get()
    assert (row.answer, row.taken_by, Account.objects.get().test_result, events()) == (None, "", None, [])


def test_it_is_done_once(asked):
    assert answer(asked) is not None
    assert answer(asked) is None
    assert len(events("config.changed")) == 1


def test_nobody_begins_after_the_deadline(asked):
    ConnectionTest.objects.update(expires_at=raw_now())
    assert answer(asked) is None
    assert Account.objects.get().test_result is None


def test_a_late_answer_stays_with_the_account_and_does_not_change_what_was_told(asked, monkeypatch):
    told = {"ok": False, "arn": None, "checks": []}

    def slow():
        ConnectionTest.objects.filter(taken_by="w:1").update(answer=told)
        return sessions()

    class Late:
        def __getattr__(self, name):
            return getattr(slow(), name)

    found = answer_account_test(asked.pk, pools=None, worker="w:1", sessions=Late())
    assert ConnectionTest.objects.get().answer == told
    assert Account.objects.get().test_result == found != told


def test_a_role_that_lets_us_in_without_the_external_id_is_red(asked, sandbox):
    open_the_role(sandbox, asked.account.account_id)
    assert states(answer(asked)) == ["pass", "pass", "fail", "pass"]
    assert only_event("config.changed")["data"]["checks"]["external_id_required"] == "fail"
    asked.account.refresh_from_db()
    assert _unproved(asked.account) == (
        f"The role of account {asked.account.alias} can be assumed without the external id."
    )
