"""States of an approval request and of a vote. Plain data."""

from enum import StrEnum


class ApprovalState(StrEnum):
    OPEN = "open"
    SATISFIED = "satisfied"
    VOID = "void"  # the content changed: old votes are void, new ones are asked for
    REJECTED = "rejected"
    EXPIRED = "expired"
    CONSUMED = "consumed"
    CLOSED = "closed"


class Decision(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    WITHDRAW = "withdraw"


TAKES_VOTES = frozenset({ApprovalState.OPEN, ApprovalState.SATISFIED, ApprovalState.VOID})
