"""States of builds and artifacts. Plain data."""

from enum import StrEnum


class BuildState(StrEnum):
    RECEIVED = "received"
    VERIFIED = "verified"
    QUARANTINED = "quarantined"


class ArtifactState(StrEnum):
    PENDING = "pending"
    VERIFIED = "verified"
    MISSING = "missing"
    MISMATCH = "mismatch"
    UNREADABLE = "unreadable"
