"""The audit page: events one may read, narrowed, each with its sealed place; and how to take them away."""

from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.http import urlencode

from audit.queries import filtered, visible_events
from audit.rendering import as_item
from audit.tags import Kind, Outcome
from insights.frame import Frame
from insights.reads.events import SAID, sentence_of
from kernel.paging import page
from kernel.permissions import Permission

PAGE = 50
ERASED = "erased"
# Answers that programs read as text: a person who takes them away wants a file, named as the command names it.
FILES = {"api-audit-checkpoint": "log.checkpoint", "api-audit-key": "log.key"}
# Subjects that have a page of their own.
PLACES = {"deployment": "deployment", "approval": "approval", "change": "change"}


@dataclass(frozen=True)
class Filters:
    """Empty text is no filter. `since`, `until`: aware instants or None."""

    actor: str = ""
    kind: str = ""
    subject: str = ""
    environment: str = ""
    outcome: str = ""
    since: object = None
    until: object = None

    def exact(self) -> dict:
        """What audit.queries.filtered takes; the outcome is not among it."""
        names = ("actor", "kind", "subject", "environment")
        given = {name: getattr(self, name) or None for name in names}
        return {**given, "since": self.since, "until": self.until}

    def as_query(self) -> str:
        """The filters as the API's query string, which has no outcome."""
        times = {"from": self.since, "to": self.until}
        given = {**{name: getattr(self, name) for name in ("actor", "kind", "subject", "environment")}}
        given |= {name: at.isoformat() for name, at in times.items() if at}
        return urlencode({name: value for name, value in given.items() if value})


@dataclass
class LogPage:
    """`rows`: newest first. `exports`: what can be taken away, by whom. `kinds`: every one there is.
    `verified_at`: when the whole log was last checked here and agreed (None: never); `mismatch`: why it no longer does.
    """

    rows: list[dict] = field(default_factory=list)
    next_cursor: str | None = None
    exports: list[dict] = field(default_factory=list)
    command: str = ""
    verified_at: object = None
    mismatch: str = ""
    kinds: tuple[str, ...] = tuple(Kind)


def read_log_page(frame: Frame, filters: Filters, cursor: str | None) -> LogPage:
    """Three queries at most. Raises Invalid for a cursor that is not ours."""
    events = filtered(visible_events(frame.actor, frame.names), **filters.exact())
    if filters.outcome in set(Outcome):
        events = events.filter(outcome=filters.outcome)
    events = events.select_related("leaf").prefetch_related("openings")
    found = page(events, cursor=cursor or None, limit=PAGE)
    rows = [_row(as_item(event, frame.actor)) for event in found.items]
    rows.sort(key=_leaf, reverse=True)
    checked = {"verified_at": frame.pulse.log_verified_at, "mismatch": frame.pulse.log_mismatch}
    return LogPage(rows, found.next_cursor, _exports(frame, filters), verify_command(), **checked)


def _leaf(row: dict) -> tuple[bool, int]:
    """Pages are cut by id, and ids of one millisecond are in no order; within a page the log's order counts."""
    return row["leaf_index"] is None, row["leaf_index"] or 0


def _row(item: dict) -> dict:
    icon, text = sentence_of(item["kind"], item["data"] or {}, item["environment"])
    noun, _, name = item["subject"].partition(":")
    private = item["private"]
    return {
        **item,
        "icon": icon,
        "text": text,
        "who": _who(item),
        "about": _about(item),
        "url": reverse(PLACES[noun], args=[name]) if noun in PLACES and name and "/" not in name else "",
        "said": [
            (key, ERASED if private[key] is None else private[key])
            for key in private
            if key in SAID or private[key] is None
        ],
    }


def _about(item: dict) -> str:
    """The name of the person whom an event is about, where its openings hold it; else the subject as it stands."""
    mine = item["subject"] == f"person:{item['actor_tag'].removeprefix('user:')}"
    name = item["private"].get("username") or (item["actor"] if mine else "")
    known = item["subject"].startswith("person:") and name and name != item["actor_tag"]
    return str(name) if known else item["subject"]


def _who(item: dict) -> str:
    """The username by its opening. A person without one was erased; a machine is named by its tag."""
    if item["actor"] == item["actor_tag"] and item["actor_tag"].startswith("user:"):
        return ERASED
    return item["actor"]


def _exports(frame: Frame, filters: Filters) -> list[dict]:
    query = filters.as_query()
    suffix = f"?{query}" if query else ""
    history = urlencode({"environment": filters.environment}) if filters.environment else ""
    history = f"?{history}" if history else ""
    rows = [
        ("Deployments, CSV", "One row per deployment, with who approved it.", "api-history-csv", history),
        ("Deployments, JSON Lines", "The same for programs.", "api-history-jsonl", history),
        ("Deployments, Excel", "The same as a workbook.", "api-history-xlsx", history),
        ("Events, JSON Lines", "What is filtered here, oldest first.", "api-audit-events-jsonl", suffix),
    ]
    if frame.actor.may(Permission.AUDIT_READ):
        text = "The whole log with its proofs, for the verifier."
        rows.append(("Bundle", text, "api-audit-bundle", ""))
    rows += [
        ("Checkpoint", "The signed state of the log.", "api-audit-checkpoint", ""),
        ("Key", "Pin it once and compare it out of band.", "api-audit-key", ""),
    ]
    return [
        {"title": title, "text": text, "url": reverse(name) + query, "file": FILES.get(name, "")}
        for title, text, name, query in rows
    ]


def verify_command() -> str:
    """What an auditor runs, with nothing but Python."""
    return "python3 relgate.py verify log.rgaudit --key log.key"
