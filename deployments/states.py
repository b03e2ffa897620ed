"""Every state a deployment can be in, and every step it may take. Plain data."""

from enum import StrEnum


class State(StrEnum):
    REQUESTED = "requested"  # asked for; nothing checked yet
    PLANNING = "planning"  # the target is asked what would change
    NEEDS_APPROVAL = "needs_approval"  # people must vote; holds no lane
    WAITING = "waiting"  # allowed later, for a stated reason; holds no lane
    RUNNING = "running"  # AWS is being changed under a lease
    VERIFYING = "verifying"  # changed; tests and bake in progress
    ROLLING_BACK = "rolling_back"  # going back to the last verified release
    UNCERTAIN = "uncertain"  # we lost touch mid-change; AWS is being asked
    NEEDS_HUMAN = "needs_human"  # cannot be settled by reading AWS; the lane stays held
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    ROLLED_BACK = "rolled_back"
    ROLLBACK_FAILED = "rollback_failed"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


S = State
# What may end a request that has not started, whoever causes it.
_NOT_STARTED_ENDS = {S.CANCELLED, S.REJECTED, S.EXPIRED, S.SUPERSEDED, S.WITHDRAWN, S.FAILED}

NEXT: dict[State, frozenset[State]] = {
    S.REQUESTED: frozenset({S.PLANNING, S.NEEDS_APPROVAL, S.WAITING, S.RUNNING} | _NOT_STARTED_ENDS),
    S.PLANNING: frozenset({S.REQUESTED, S.NEEDS_APPROVAL, S.WAITING, S.RUNNING} | _NOT_STARTED_ENDS),
    S.NEEDS_APPROVAL: frozenset({S.PLANNING, S.WAITING, S.RUNNING} | _NOT_STARTED_ENDS),
    S.WAITING: frozenset({S.PLANNING, S.NEEDS_APPROVAL, S.RUNNING} | _NOT_STARTED_ENDS),
    S.RUNNING: frozenset({S.VERIFYING, S.ROLLING_BACK, S.UNCERTAIN, S.NEEDS_HUMAN, S.FAILED, S.CANCELLED}),
    S.VERIFYING: frozenset(
        {S.SUCCEEDED, S.ROLLING_BACK, S.UNCERTAIN, S.NEEDS_HUMAN, S.FAILED, S.ROLLED_BACK}
    ),
    S.ROLLING_BACK: frozenset({S.ROLLED_BACK, S.ROLLBACK_FAILED, S.UNCERTAIN, S.NEEDS_HUMAN}),
    S.UNCERTAIN: frozenset({S.RUNNING, S.VERIFYING, S.ROLLING_BACK, S.NEEDS_HUMAN, S.FAILED}),
    S.NEEDS_HUMAN: frozenset({S.SUCCEEDED, S.FAILED, S.ROLLED_BACK, S.ROLLBACK_FAILED, S.CANCELLED}),
    S.SUCCEEDED: frozenset(),
    S.FAILED: frozenset(),
    S.ROLLED_BACK: frozenset(),
    S.ROLLBACK_FAILED: frozenset(),
    S.CANCELLED: frozenset(),
    S.REJECTED: frozenset(),
    S.EXPIRED: frozenset(),
    S.SUPERSEDED: frozenset(),
    S.WITHDRAWN: frozenset(),
}
TERMINAL = frozenset(state for state, following in NEXT.items() if not following)
# Accepted and not started: may be superseded, holds no lane.
PENDING = frozenset({S.REQUESTED, S.PLANNING, S.NEEDS_APPROVAL, S.WAITING})
# AWS is or may be changing: these hold the lane.
HOLDS_LANE = frozenset({S.RUNNING, S.VERIFYING, S.ROLLING_BACK, S.UNCERTAIN, S.NEEDS_HUMAN})


class StepKind(StrEnum):
    VERIFY_ARTIFACTS = "verify-artifacts"
    PLAN = "plan"
    GATE = "gate"
    WINDOW = "window"
    LANE = "lane"
    APPLY = "apply"
    TEST = "test"
    BAKE = "bake"
    ROLLBACK = "rollback"


class StepState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"


class IntentOutcome(StrEnum):
    PENDING = "pending"  # committed, nothing known yet
    DONE = "done"  # AWS answered yes, or the effect was read back (adopted)
    REFUSED = "refused"  # AWS definitely did not do it
    AMBIGUOUS = "ambiguous"  # the answer was lost: read before anything else
