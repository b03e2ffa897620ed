"""Asking for a connection test: a row for the account's pool, or a refusal and none."""

from datetime import timedelta

import pytest

from deployments.actions.beat import beat
from deployments.actions.request_account_test import ANSWER_SECONDS, request_account_test
from deployments.models import Worker
from kernel.actor import Actor
from kernel.clock import raw_now
from kernel.refusals import Forbidden, NotFound, Unavailable
from pipelines.models import ConnectionTest
from tests import people
from tests.pipelines import places
from tests.teams.events import events

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return places.account("prod", pool="prod")


@pytest.mark.parametrize("pool", ["prod", "*"])
def test_it_is_a_row_with_a_deadline_in_the_name_of_whoever_asked(account, pool):
    beat(worker="w:1", pool=pool)
    admin = people.administrator(ip="192.0.2.9", request_id="req-7", token_id="tok_1")
    made = request_account_test(actor=admin, account_id=account.account_id)
    row = ConnectionTest.objects.get()
    assert (row.pk, row.account_id, row.taken_by, row.answer) == (made.pk, account.pk, "", None)
    left = (row.expires_at - raw_now()).total_seconds()
    assert ANSWER_SECONDS - 5 < left <= ANSWER_SECONDS <= 25
    kept = Actor.from_record(row.asked_by)
    assert (kept.tag, kept.name, kept.ip, kept.request_id) == (admin.tag, "admin", "192.0.2.9", "req-7")
    assert (kept.token_id, kept.permissions) == ("tok_1", frozenset())
    assert events() == []


@pytest.mark.parametrize("pool", ["nonprod", None])
def test_without_a_live_worker_of_the_pool_nothing_is_asked(account, pool):
    if pool:
        beat(worker="w:1", pool=pool)
    with pytest.raises(Unavailable) as refusal:
        request_account_test(actor=people.administrator(), account_id="prod")
    assert (refusal.value.status, refusal.value.code) == (503, "pool_unavailable")
    assert "manage.py worker --pool prod" in refusal.value.detail
    assert not ConnectionTest.objects.exists()


def test_a_worker_that_was_last_seen_too_long_ago_is_not_alive(account, settings):
    beat(worker="w:1", pool="prod")
    Worker.objects.update(seen_at=raw_now() - timedelta(seconds=settings.WORKER_ALIVE_SECONDS + 1))
    with pytest.raises(Unavailable):
        request_account_test(actor=people.administrator(), account_id="prod")


@pytest.mark.parametrize("caller", [people.release_manager(), people.auditor(), people.ci()])
def test_only_administrators_ask(account, caller):
    beat(worker="w:1", pool="prod")
    with pytest.raises(Forbidden):
        request_account_test(actor=caller, account_id="prod")
    with pytest.raises(NotFound):
        request_account_test(actor=people.administrator(), account_id="999999999999")
    assert not ConnectionTest.objects.exists()
