"""Registering AWS accounts."""

import pytest

from kernel.refusals import Conflict, Forbidden, Invalid
from pipelines.actions.create_account import create_account
from pipelines.models import Account
from tests import people
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
GOOD = {
    "account_id": "111111111111",
    "alias": "dev",
    "regions": ["eu-west-1"],
    "deploy_role_arn": "arn:aws:iam::111111111111:role/deploy",
    "observe_role_arn": "arn:aws:iam::111111111111:role/observe",
    "pool": "main",
}


def test_an_account_gets_an_external_id_of_its_own():
    first = create_account(actor=people.administrator(), **GOOD)
    second = create_account(
        actor=people.administrator(),
        **{
            **GOOD,
            "account_id": "222222222222",
            "alias": "prod",
            "deploy_role_arn": "arn:aws:iam::222222222222:role/deploy",
            "observe_role_arn": "",
        },
    )
    assert len(first.external_id) >= 40
    assert first.external_id != second.external_id
    row = Account.objects.get(alias="dev")
    assert (row.account_id, row.partition, row.regions, row.pool) == (
        "111111111111",
        "aws",
        ["eu-west-1"],
        "main",
    )
    assert (row.test_result, row.version) == (None, 1)


def test_the_event_says_what_was_registered_but_not_the_external_id():
    account = create_account(actor=people.administrator(), **GOOD)
    event = only_event("config.changed")
    assert event["subject"] == f"account:{account.pk}"
    assert event["data"] == {"before": None, "after": {**GOOD, "partition": "aws"}}
    assert account.external_id not in str(event)


@pytest.mark.parametrize(
    ("change", "code", "pointer"),
    [
        ({"account_id": "11111111111"}, "account_id_invalid", "/account_id"),
        ({"alias": "Dev"}, "name_invalid", "/alias"),
        ({"pool": "the pool"}, "name_invalid", "/pool"),
        ({"partition": "aws-moon"}, "partition_invalid", "/partition"),
        ({"regions": []}, "region_invalid", "/regions"),
        ({"regions": ["eu-west-1", "*"]}, "region_invalid", "/regions/1"),
        (
            {"deploy_role_arn": "arn:aws:iam::222222222222:role/deploy"},
            "arn_account_mismatch",
            "/deploy_role_arn",
        ),
        (
            {"observe_role_arn": "arn:aws:iam::222222222222:role/o"},
            "arn_account_mismatch",
            "/observe_role_arn",
        ),
        ({"deploy_role_arn": "arn:aws:iam::111111111111:user/alice"}, "arn_invalid", "/deploy_role_arn"),
        ({"deploy_role_arn": "arn:aws:iam::111111111111:role/*"}, "arn_invalid", "/deploy_role_arn"),
        ({"deploy_role_arn": ""}, "arn_invalid", "/deploy_role_arn"),
        ({"partition": "aws-cn"}, "arn_invalid", "/deploy_role_arn"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(change, code, pointer):
    with pytest.raises(Invalid) as refusal:
        create_account(actor=people.administrator(), **{**GOOD, **change})
    assert (refusal.value.code, refusal.value.errors[0]["pointer"]) == (code, pointer)
    assert not Account.objects.exists()
    assert events() == []


@pytest.mark.parametrize("change", [{"alias": "other"}, {"account_id": "222222222222"}])
def test_a_second_account_of_the_same_id_or_alias_is_a_conflict(change):
    create_account(actor=people.administrator(), **GOOD)
    again = {**GOOD, **change}
    for role in ("deploy_role_arn", "observe_role_arn"):
        again[role] = f"arn:aws:iam::{again['account_id']}:role/x"
    with pytest.raises(Conflict) as refusal:
        create_account(actor=people.administrator(), **again)
    assert refusal.value.code == "already_exists"
    assert Account.objects.count() == 1
    assert len(events("config.changed")) == 1


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_register_accounts(caller):
    with pytest.raises(Forbidden) as refusal:
        create_account(actor=caller, **GOOD)
    assert refusal.value.extra["missing_permission"] == "account.manage"
    assert not Account.objects.exists()
