"""What events are called, and how they name actors and subjects. Plain data; imports nothing of ours.

The kinds are published (an open list): one may be added, none renamed or reused.
"""

import re
from enum import StrEnum


class Kind(StrEnum):
    """Every kind of event. `deployment.<state>` has one member per state of a deployment."""

    APPLICATION_CHANGED = "application.changed"
    APPROVAL_CLOSED = "approval.closed"
    APPROVAL_CONSUMED = "approval.consumed"
    APPROVAL_ESCALATED = "approval.escalated"
    APPROVAL_EXPIRED = "approval.expired"
    APPROVAL_OPENED = "approval.opened"
    APPROVAL_REJECTED = "approval.rejected"
    APPROVAL_RELATIONS = "approval.relations"
    APPROVAL_REMINDED = "approval.reminded"
    APPROVAL_SATISFIED = "approval.satisfied"
    APPROVAL_VOIDED = "approval.voided"
    ARTIFACT_MISMATCH = "artifact.mismatch"
    ARTIFACT_MISSING = "artifact.missing"
    ARTIFACT_UNREADABLE = "artifact.unreadable"
    ARTIFACT_VERIFIED = "artifact.verified"
    AWS_INTENDED = "aws.intended"
    AWS_LEFT_OVER = "aws.left_over"
    AWS_RECORDED = "aws.recorded"
    BREAK_GLASS_CONFIRMED = "break_glass.confirmed"
    BREAK_GLASS_OPENED = "break_glass.opened"
    BREAK_GLASS_REVIEWED = "break_glass.reviewed"
    BUILD_RECEIVED = "build.received"
    BUILD_REFUSED = "build.refused"
    BUILD_WITHDRAWN = "build.withdrawn"
    CONFIG_CHANGED = "config.changed"
    CONFIG_EXPIRED = "config.expired"
    CONFIG_PROPOSED = "config.proposed"
    CONFIG_REJECTED = "config.rejected"
    DELEGATION_ENDED = "delegation.ended"
    DELEGATION_MADE = "delegation.made"
    DEPLOYMENT_BASELINE = "deployment.baseline"
    DEPLOYMENT_CANCEL_REQUESTED = "deployment.cancel_requested"
    DEPLOYMENT_CANCELLED = "deployment.cancelled"
    DEPLOYMENT_CHANGED = "deployment.changed"
    DEPLOYMENT_DENIED = "deployment.denied"
    DEPLOYMENT_EXPIRED = "deployment.expired"
    DEPLOYMENT_FAILED = "deployment.failed"
    DEPLOYMENT_FENCED = "deployment.fenced"
    DEPLOYMENT_NEEDS_APPROVAL = "deployment.needs_approval"
    DEPLOYMENT_NEEDS_HUMAN = "deployment.needs_human"
    DEPLOYMENT_PLANNING = "deployment.planning"
    DEPLOYMENT_REJECTED = "deployment.rejected"
    DEPLOYMENT_REQUESTED = "deployment.requested"
    DEPLOYMENT_ROLLBACK_FAILED = "deployment.rollback_failed"
    DEPLOYMENT_ROLLED_BACK = "deployment.rolled_back"
    DEPLOYMENT_ROLLING_BACK = "deployment.rolling_back"
    DEPLOYMENT_RUNNING = "deployment.running"
    DEPLOYMENT_SUCCEEDED = "deployment.succeeded"
    DEPLOYMENT_SUPERSEDED = "deployment.superseded"
    DEPLOYMENT_UNCERTAIN = "deployment.uncertain"
    DEPLOYMENT_VERIFYING = "deployment.verifying"
    DEPLOYMENT_WAITING = "deployment.waiting"
    DEPLOYMENT_WITHDRAWN = "deployment.withdrawn"
    ELEVATION_CHANGED = "elevation.changed"
    EVIDENCE_ADDED = "evidence.added"
    EVIDENCE_REFUSED = "evidence.refused"
    EXPORT_DOWNLOADED = "export.downloaded"
    EXPORT_MADE = "export.made"
    EXPORT_REQUESTED = "export.requested"
    FREEZE_CHANGED = "freeze.changed"
    GATE_SATISFIABLE = "gate.satisfiable"
    GATE_UNSATISFIABLE = "gate.unsatisfiable"
    GROUP_CHANGED = "group.changed"
    HOLD_CHANGED = "hold.changed"
    LINE_STOPPED = "line.stopped"
    LOG_CHANGE_REFUSED = "log.change_refused"
    LOG_HEARTBEAT = "log.heartbeat"
    LOG_SEALED = "log.sealed"
    PASSKEY_ADDED = "passkey.added"
    PASSKEY_REMOVED = "passkey.removed"
    PERSON_CHANGED = "person.changed"
    PLAN_COMPUTED = "plan.computed"
    RELEASE_CUT = "release.cut"
    RELEASE_WITHDRAWN = "release.withdrawn"
    REQUEST_DENIED = "request.denied"
    SIGNIN_FAILED = "signin.failed"
    SIGNIN_SUCCEEDED = "signin.succeeded"
    TEAM_CHANGED = "team.changed"
    TOKEN_CREATED = "token.created"  # noqa: S105  (the name of an event)
    TOKEN_REVOKED = "token.revoked"  # noqa: S105  (the name of an event)
    VOTE_CAST = "vote.cast"
    VOTE_REFUSED = "vote.refused"
    VOTE_WITHDRAWN = "vote.withdrawn"
    WINDOW_CHANGED = "window.changed"


class Outcome(StrEnum):
    ALLOWED = "allowed"
    DENIED = "denied"
    FAILED = "failed"


KIND = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*")
TAG = re.compile(r"([a-z][a-z_]*):([^\s\x00-\x1f\x7f]{1,180})")
FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}")


def is_kind(text: str) -> bool:
    """True for `<noun>.<verb>` in lower case, at most 60 characters."""
    return len(text) <= 60 and KIND.fullmatch(text) is not None


def split_tag(text: str) -> tuple[str, str]:
    """`deployment:dep_…` → ("deployment", "dep_…"). Raises ValueError for anything else than `<word>:<name>`,
    where the name has no white space and at most 180 characters."""
    match = TAG.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a tag of the form word:name")
    return match.group(1), match.group(2)


def is_field(text: str) -> bool:
    """True for the name of a private field: lower case, digits and underscores, at most 63 characters."""
    return FIELD.fullmatch(text) is not None
