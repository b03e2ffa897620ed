"""What becomes of a change of configuration that waits for a second person."""

from enum import StrEnum


class ChangeState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
