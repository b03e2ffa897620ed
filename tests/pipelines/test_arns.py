"""Names in AWS, read strictly."""

import pytest

from pipelines.arns import account_id_errors, region_errors, role_errors

ID = "111111111111"


def _codes(arn: str, account_id: str = ID, partition: str = "aws") -> list[str]:
    found = role_errors(arn, pointer="/deploy_role_arn", account_id=account_id, partition=partition)
    assert all(error["pointer"] == "/deploy_role_arn" for error in found)
    return [error["code"] for error in found]


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:iam::{ID}:role/deploy",
        f"arn:aws:iam::{ID}:role/teams/web/deploy",
        f"arn:aws:iam::{ID}:role/Release_Gate+x=y,z.@-1",
    ],
)
def test_the_arn_of_one_role_is_taken(arn):
    assert _codes(arn) == []


def test_other_partitions_have_their_own_arns():
    assert _codes(f"arn:aws-cn:iam::{ID}:role/deploy", partition="aws-cn") == []
    assert _codes(f"arn:aws-cn:iam::{ID}:role/deploy", partition="aws") == ["arn_invalid"]


@pytest.mark.parametrize(
    "arn",
    [
        "",
        "deploy",
        f"arn:aws:iam::{ID}:user/alice",
        f"arn:aws:iam::{ID}:root",
        f"arn:aws:iam::{ID}:role/*",
        f"arn:aws:iam::{ID}:role/deploy*",
        f"arn:aws:iam::{ID}:role/dep?oy",
        "arn:aws:iam::*:role/deploy",
        "*",
        f"arn:aws:sts::{ID}:assumed-role/deploy/session",
        f"arn:aws:iam::{ID}:role/",
        f"arn:aws:iam::{ID}:role//deploy",
        f"arn:aws:iam::{ID}:role/{'x' * 65}",
        f"arn:aws:iam::{ID}:role/{'x/' * 90}deploy",
        f"arn:aws:iam::{ID}:role/deploy\n",
        f" arn:aws:iam::{ID}:role/deploy",
        f"arn:aws:iam::{ID[:-1]}:role/deploy",
        f"arn:aws:iam::{ID}:role/déploy",
    ],
)
def test_users_wildcards_sessions_and_nonsense_are_no_roles(arn):
    assert _codes(arn) == ["arn_invalid"]


def test_a_role_of_another_account_is_named_as_such():
    assert _codes("arn:aws:iam::222222222222:role/deploy") == ["arn_account_mismatch"]


@pytest.mark.parametrize("number", ["000000000000", "111111111111"])
def test_twelve_digits_are_an_account(number):
    assert account_id_errors(number) == []


@pytest.mark.parametrize("number", ["", "1", "1111111111111", "11111111111a", "1111 1111111", "١١١١١١١١١١١١"])
def test_anything_else_is_no_account(number):
    assert [error["code"] for error in account_id_errors(number)] == ["account_id_invalid"]


@pytest.mark.parametrize("regions", [["eu-west-1"], ["us-gov-west-1", "ap-southeast-3"], ["me-central-1"]])
def test_region_codes_are_taken(regions):
    assert region_errors(regions) == []


@pytest.mark.parametrize(
    ("regions", "pointers"),
    [
        ([], ["/regions"]),
        (["eu-west-1", "Frankfurt"], ["/regions/1"]),
        (["eu-west-1", "eu-west-1"], ["/regions/1"]),
        (["eu-west"], ["/regions/0"]),
        (["*"], ["/regions/0"]),
        (["eu-west-1a"], ["/regions/0"]),
    ],
)
def test_wrong_regions_are_named_one_by_one(regions, pointers):
    found = region_errors(regions)
    assert [error["pointer"] for error in found] == pointers
    assert {error["code"] for error in found} == {"region_invalid"}
