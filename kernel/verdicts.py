"""The one answer type of every rule: Allow, Wait or Deny, always with reasons. Plain data.

The reason codes are published in docs/reference/reasons.md and never change meaning.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class CheckState(StrEnum):
    PASS = "pass"  # noqa: S105 - a word, no secret
    WAIT = "wait"
    DENY = "deny"
    NOT_REACHED = "not_reached"
    SKIPPED = "skipped"  # by a break-glass, which says who and why


def wire_time(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with a `Z`, microseconds dropped when zero; None stays None."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


@dataclass(frozen=True)
class Reason:
    """One cause. `object` names what causes it (`environment:prod`), `until` when it ends if known."""

    code: str
    text: str
    object: str | None = None
    until: datetime | None = None
    how_to_clear: str | None = None

    def as_dict(self) -> dict:
        return {
            "code": self.code,
            "text": self.text,
            "object": self.object,
            "until": wire_time(self.until),
            "how_to_clear": self.how_to_clear,
        }


@dataclass(frozen=True)
class Check:
    """One named rule of the fixed sequence and what it said."""

    name: str
    state: CheckState
    reasons: tuple[Reason, ...] = ()

    def as_dict(self) -> dict:
        """`note` is there only where a check that passes has something to say (what an expedited way skips)."""
        said = self.reasons[0].text if self.reasons and self.state == CheckState.PASS else None
        return {"name": self.name, "state": str(self.state), **({"note": said} if said else {})}


@dataclass(frozen=True)
class Verdict:
    reasons: tuple[Reason, ...] = ()
    until: datetime | None = None
    checks: tuple[Check, ...] = field(default=())

    word = "unknown"

    def as_dict(self) -> dict:
        """The body of `GET /decision`."""
        return {
            "verdict": self.word,
            "until": wire_time(self.until),
            "reasons": [reason.as_dict() for reason in self.reasons],
            "checks": [check.as_dict() for check in self.checks],
        }


@dataclass(frozen=True)
class Allow(Verdict):
    """May go now. `until`: the end of the opening it was allowed in, if there is one."""

    word = "allow"


@dataclass(frozen=True)
class Wait(Verdict):
    """May go later, for the stated reasons; `until` is the earliest known instant, or None."""

    word = "wait"


@dataclass(frozen=True)
class Deny(Verdict):
    """May not go; the reasons say why and what would clear them."""

    word = "deny"
