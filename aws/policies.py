"""Session policies: what a session may do at most, whatever the role it assumed allows.

Documents in the IAM policy language, version 2012-10-17 (IAM User Guide, "Session policies"). Every
document stays below the 2,048 characters that AssumeRole accepts.
"""

from typing import Any

CLOUDFORMATION_STACK = "cloudformation_stack"
S3_SITE = "s3_site"
KINDS = (CLOUDFORMATION_STACK, S3_SITE)

_PLAN_CLOUDFORMATION = [
    "cloudformation:CreateChangeSet",
    "cloudformation:DescribeChangeSet",
    "cloudformation:DeleteChangeSet",
    "cloudformation:ListChangeSets",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:DescribeStackResources",
    "cloudformation:ListStackResources",
    "cloudformation:GetTemplate",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ValidateTemplate",
]
_READ_S3 = [
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:GetObjectAttributes",
    "s3:ListBucket",
]


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _allow(actions: list[str], resource: str | list[str] = "*") -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _staging(actions: list[str]) -> dict[str, Any]:
    return _allow(actions, ["arn:*:s3:::rg-staging-*", "arn:*:s3:::rg-staging-*/*"])


def _keys(actions: list[str]) -> dict[str, Any]:
    """The keys of buckets that encrypt with one, through S3 alone (KMS Developer Guide, "kms:ViaService")."""
    return {**_allow(actions), "Condition": {"StringLike": {"kms:ViaService": "s3.*"}}}


def _known(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"No session policy for target kind {kind!r}; known: {', '.join(KINDS)}")


def plan_only(kind: str) -> dict[str, Any]:
    """What planning needs: change sets and reading; nothing that changes what runs.

    The staging bucket may be written, because a template must lie there before it can be planned.
    `DeleteStack` is allowed too: an empty REVIEW_IN_PROGRESS stack is what an unused plan leaves behind,
    and the caller deletes a stack in no other state. Raises ValueError for an unknown kind.
    """
    _known(kind)
    if kind == S3_SITE:
        return _document(_allow(_READ_S3), _staging(["s3:PutObject"]), _keys(["kms:Decrypt"]))
    return _document(
        _allow([*_PLAN_CLOUDFORMATION, "cloudformation:DeleteStack"]),
        _staging([*_READ_S3, "s3:PutObject"]),
    )


def deploy(kind: str) -> dict[str, Any]:
    """What carrying a deployment out needs. Raises ValueError for an unknown kind.

    CloudFormation acts with the caller's session; `aws:CalledVia` (IAM User Guide, "AWS global condition
    context keys") opens the role's rights to CloudFormation on our behalf only, not to us directly.
    """
    _known(kind)
    if kind == S3_SITE:
        return _document(_allow([*_READ_S3, "s3:PutObject"]), _keys(["kms:Decrypt", "kms:GenerateDataKey"]))
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}}
    return _document(
        _allow(
            [
                *_PLAN_CLOUDFORMATION,
                "cloudformation:ExecuteChangeSet",
                "cloudformation:DeleteStack",
            ],
        ),
        _staging([*_READ_S3, "s3:PutObject"]),
        {**_allow(["*"]), "Condition": via},
    )


def test_run() -> dict[str, Any]:
    """What running the team's tests needs: start and read CodeBuild, the staging bucket, nothing else."""
    return _document(
        _allow(
            [
                "codebuild:StartBuild",
                "codebuild:StopBuild",
                "codebuild:BatchGet*",
                "codebuild:List*",
            ]
        ),
        _staging([*_READ_S3, "s3:PutObject"]),
        _allow(["logs:GetLogEvents"]),
    )


# pytest would collect a function of that name from any module that imports it.
test_run.__test__ = False
