"""The columns of the deployment history, the same in every format. Pure."""

from dataclasses import asdict, dataclass
from datetime import datetime

# (name, kind): kind `text` is neutralised in the human CSV, `time` is RFC 3339 in UTC, `flag` is yes or no.
COLUMNS = (
    ("deployment", "text"),
    ("application", "text"),
    ("version", "text"),
    ("environment", "text"),
    ("state", "text"),
    ("kind", "text"),
    ("requested_by", "text"),
    ("requested_at", "time"),
    ("started_at", "time"),
    ("ended_at", "time"),
    ("reason", "text"),
    ("approvals", "text"),
    ("eligibility", "text"),
    ("gate_version", "text"),
    ("content_hash", "text"),
    ("window", "text"),
    ("evidence", "text"),
    ("artifacts", "text"),
    ("commit", "text"),
    ("account", "text"),
    ("region", "text"),
    ("aws_identity", "text"),
    ("plan", "text"),
    ("tests", "text"),
    ("previous_version", "text"),
    ("rolled_back_to", "text"),
    ("break_glass", "flag"),
    ("review", "text"),
    ("expedited", "text"),
    ("outcome", "text"),
    ("release", "text"),
    ("build", "text"),
    ("approval", "text"),
    ("requester", "text"),
    ("pipeline_version", "text"),
)
NAMES = tuple(name for name, _ in COLUMNS)
# OWASP ASVS 5.0, 1.2.10: cells that a spreadsheet would take for a formula.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True)
class Filters:
    """What of the history is asked for; `applications` None: all the caller may see is all there is."""

    since: datetime | None = None
    until: datetime | None = None
    application: str | None = None
    environment: str | None = None
    state: str | None = None
    account: str | None = None
    requested_by: str | None = None
    break_glass: bool | None = None
    applications: frozenset[str] | None = None

    def conditions(self) -> dict:
        """As Django filter arguments."""
        wanted = {
            "requested_at__gte": self.since,
            "requested_at__lt": self.until,
            "application": self.application,
            "environment": self.environment,
            "state": self.state,
            "account": self.account,
            "requested_by": self.requested_by,
            "break_glass": self.break_glass,
            "application__in": sorted(self.applications) if self.applications is not None else None,
        }
        return {name: value for name, value in wanted.items() if value is not None}

    def as_json(self) -> dict:
        """For a row that a worker reads later."""
        at = {
            name: value and value.isoformat()
            for name, value in (("since", self.since), ("until", self.until))
        }
        seen = None if self.applications is None else sorted(self.applications)
        return {**asdict(self), **at, "applications": seen}

    @classmethod
    def from_json(cls, kept: dict) -> "Filters":
        at = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in ("since", "until")}
        seen = None if kept["applications"] is None else frozenset(kept["applications"])
        return cls(**{**kept, **at, "applications": seen})

    def in_words(self) -> str:
        """For the file's header."""
        said = [f"{name}={value}" for name, value in self.conditions().items() if name != "application__in"]
        if self.applications is not None:
            said.append("only applications visible to who exported")
        return ", ".join(said) or "none: the whole history"


def neutral(text: str) -> str:
    """`text`, with an apostrophe in front where a spreadsheet would take it for a formula."""
    return "'" + text if text.startswith(DANGEROUS) else text
