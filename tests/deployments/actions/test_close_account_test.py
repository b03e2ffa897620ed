"""Nobody answered: unknown, said once, and nothing forgotten of what was known before."""

import pytest

from deployments.actions.close_account_test import close_account_test
from kernel.clock import raw_now
from pipelines.models import Account, ConnectionTest
from tests import people
from tests.deployments.accounts import CHECKS, states
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
BEFORE = {"ok": True, "arn": "arn", "checks": []}


@pytest.fixture
def asked() -> ConnectionTest:
    account = places.account("prod", pool="prod")
    Account.objects.update(test_result=BEFORE)
    record = people.administrator().as_record()
    return ConnectionTest.objects.create(
        account=account, asked_by=record, asked_at=raw_now(), expires_at=raw_now()
    )


def test_all_is_unknown_and_the_log_says_that_it_failed(asked):
    answer = close_account_test(asked.pk, seconds=25)
    assert (answer["ok"], answer["arn"], states(answer)) == (False, None, ["unknown"] * 4)
    assert "No worker of the pool prod answered within 25 seconds" in answer["checks"][0]["detail"]
    event = only_event("config.changed")
    assert event["outcome"] == "failed"
    assert event["data"] == {"change": "tested", "ok": False, "checks": dict.fromkeys(CHECKS, "unknown")}
    assert Account.objects.get().test_result == BEFORE
    assert close_account_test(asked.pk, seconds=25) == answer
    assert len(events("config.changed")) == 1


def test_an_answer_that_came_at_the_last_moment_counts(asked):
    ConnectionTest.objects.update(answer=BEFORE)
    assert close_account_test(asked.pk, seconds=25) == BEFORE
    assert events() == []
