"""States of a release. Plain data."""

from enum import StrEnum


class ReleaseState(StrEnum):
    OPEN = "open"
    WITHDRAWN = "withdrawn"
