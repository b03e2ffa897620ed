"""Taking accounts out of use."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid, NotFound
from pipelines.actions.archive_account import archive_account
from pipelines.models import Account, Environment
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event, openings

pytestmark = pytest.mark.django_db


def test_an_archived_account_stays_on_record():
    account = places.account("dev")
    archive_account(actor=people.administrator(), account_id="111111111111", reason="sold")
    assert Account.objects.get().archived_at is not None
    event = only_event("config.changed")
    assert (event["subject"], event["data"]) == (f"account:{account.pk}", {"change": "archived"})
    assert openings("config.changed")["reason"] == "sold"


def test_one_that_is_in_use_is_kept_and_its_users_are_listed():
    places.environment("dev")
    places.environment("qa", rank=15)
    with pytest.raises(Conflict) as refusal:
        archive_account(actor=people.administrator(), account_id="dev", reason="x")
    assert refusal.value.code == "referenced"
    assert [error["object"] for error in refusal.value.errors] == ["environment:dev", "environment:qa"]
    assert Account.objects.get().archived_at is None
    Environment.objects.update(archived_at=people.EPOCH)
    assert archive_account(actor=people.administrator(), account_id="dev", reason="x").archived_at is not None


def test_a_reason_is_required_and_the_account_must_be_there():
    places.account("dev")
    with pytest.raises(Invalid) as refusal:
        archive_account(actor=people.administrator(), account_id="dev", reason="")
    assert refusal.value.code == "reason_required"
    archive_account(actor=people.administrator(), account_id="dev", reason="x")
    for name in ("dev", "999999999999"):
        with pytest.raises(NotFound):
            archive_account(actor=people.administrator(), account_id=name, reason="x")
    assert len(events("config.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("d"), people.ci()]
)
def test_only_administrators_archive_accounts(caller):
    places.account("dev")
    with pytest.raises(Forbidden):
        archive_account(actor=caller, account_id="dev", reason="x")
    assert Account.objects.get().archived_at is None
