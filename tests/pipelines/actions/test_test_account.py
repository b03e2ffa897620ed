"""Trying the way into an account, against the sandbox."""

import pytest

from aws.sandbox.identity import TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY
from aws.sandbox.seed import Seeder, role_arn, root_clients
from aws.session import AwsConfig, Sessions
from kernel.actor import Actor
from kernel.refusals import Forbidden, NotFound
from pipelines.actions.test_account import target_of, test_account
from pipelines.models import Account
from tests import people
from tests.pipelines import places
from tests.teams.events import events, only_event

pytestmark = pytest.mark.django_db
NUMBER = "555555555501"
CHECKS = ["assume_role", "identity", "external_id_required", "staging_bucket"]


@pytest.fixture
def sessions(sandbox) -> Sessions:
    Seeder(root_clients(sandbox.endpoint_url)).prepare_account(NUMBER, places.REGION, "ours")
    return Sessions(
        AwsConfig(sandbox.endpoint_url, places.REGION, TOOLS_ACCESS_KEY_ID, TOOLS_SECRET_ACCESS_KEY)
    )


@pytest.fixture
def account() -> Account:
    return places.account("proved", account_id=NUMBER, deploy_role_arn=role_arn(NUMBER), external_id="ours")


def _states(answer: dict) -> list[str]:
    assert [check["name"] for check in answer["checks"]] == CHECKS
    return [check["state"] for check in answer["checks"]]


def test_a_prepared_account_passes_and_the_answer_is_kept(sessions, account):
    answer = test_account(actor=people.administrator(), account_id=NUMBER, sessions=sessions)
    assert (answer["ok"], _states(answer)) == (True, ["pass"] * 4)
    assert answer["arn"].startswith(f"arn:aws:sts::{NUMBER}:assumed-role/")
    row = Account.objects.get()
    assert row.test_result == answer
    assert row.tested_at is not None
    event = only_event("config.changed")
    assert event["subject"] == f"account:{account.pk}"
    assert event["data"] == {"change": "tested", "ok": True, "checks": dict.fromkeys(CHECKS, "pass")}


def test_a_role_that_refuses_us_is_an_answer_and_not_an_error(sessions, account):
    Account.objects.update(external_id="another")
    answer = test_account(actor=people.administrator(), account_id=account.pk, sessions=sessions)
    assert (answer["ok"], answer["arn"], _states(answer)[0]) == (False, None, "fail")
    assert Account.objects.get().test_result["ok"] is False
    assert only_event("config.changed")["data"]["ok"] is False


def test_aws_out_of_reach_is_unknown_and_never_a_pass(account):
    nowhere = Sessions(AwsConfig("http://127.0.0.1:9", places.REGION, "key", "secret"))
    answer = test_account(actor=Actor.system("worker"), account_id="proved", sessions=nowhere)
    assert (answer["ok"], set(_states(answer))) == (False, {"unknown"})


def test_the_way_in_is_the_deploy_role_with_our_external_id(account):
    target = target_of(account)
    assert (target.account_id, target.region) == (NUMBER, "eu-west-1")
    assert (target.role_arn, target.external_id, target.partition) == (role_arn(NUMBER), "ours", "aws")


def test_an_account_that_is_not_there_is_not_found(account):
    with pytest.raises(NotFound):
        test_account(actor=people.administrator(), account_id="999999999999", sessions=None)
    assert events() == []


@pytest.mark.parametrize(
    "caller", [people.release_manager(), people.auditor(), people.actor("dana"), people.ci()]
)
def test_only_administrators_try_accounts(account, caller):
    with pytest.raises(Forbidden):
        test_account(actor=caller, account_id=NUMBER, sessions=None)
    assert Account.objects.get().test_result is None
