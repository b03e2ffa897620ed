"""Names in AWS: account ids, regions, role ARNs. Pure.

The forms are those of the IAM reference, "IAM identifiers"
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html) and "AWS account identifiers".
"""

import re

from pipelines.errors import wrong

PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
ACCOUNT_ID = re.compile(r"[0-9]{12}")
REGION = re.compile(r"[a-z]{2,3}(-[a-z]+){1,3}-[0-9]{1,2}")
ROLE = re.compile(r"arn:([a-z-]+):iam::([0-9]{12}):role/((?:[\w+=,.@-]+/)*)([\w+=,.@-]{1,64})", re.ASCII)
LONGEST_ARN = 200


def account_id_errors(account_id: str) -> list[dict]:
    """[] for 12 digits, else one `account_id_invalid`."""
    if ACCOUNT_ID.fullmatch(account_id):
        return []
    return [wrong("/account_id", "account_id_invalid", "An AWS account id has 12 digits.")]


def region_errors(regions: list[str]) -> list[dict]:
    """[] for 1…40 different region codes such as `eu-west-1`, else `region_invalid` for each wrong one."""
    if not regions:
        return [wrong("/regions", "region_invalid", "Name at least one region.")]
    return [
        wrong(f"/regions/{index}", "region_invalid", "This is not a region code, or it is listed twice.")
        for index, region in enumerate(regions)
        if not REGION.fullmatch(region) or region in regions[:index] or index >= 40
    ]


def role_errors(arn: str, *, pointer: str, account_id: str, partition: str) -> list[dict]:
    """[] for the ARN of one role in that account, else one `arn_invalid` or `arn_account_mismatch`.

    A user, a wildcard, the root or an assumed session is no role that anybody could be trusted through.
    """
    match = ROLE.fullmatch(arn)
    if match is None or len(arn) > LONGEST_ARN:
        form = f"arn:{partition}:iam::{account_id}:role/<name>"
        return [
            wrong(pointer, "arn_invalid", f"This needs the ARN of one IAM role, {form}, without wildcards.")
        ]
    if match.group(2) != account_id:
        return [
            wrong(
                pointer,
                "arn_account_mismatch",
                f"This role is in account {match.group(2)}, not {account_id}.",
            )
        ]
    if match.group(1) != partition:
        return [
            wrong(pointer, "arn_invalid", f"This role is in the partition {match.group(1)}, not {partition}.")
        ]
    return []
