"""Changes of configuration that wait for a second person, and what became of the others."""

import difflib
from dataclasses import dataclass, field

from deployments.effect import Effect, effect_of
from insights.frame import Frame
from kernel.actor import Actor
from kernel.permissions import Permission
from pipelines.models import ConfigChange
from pipelines.states import ChangeState
from pipelines.subjects import get_change, visible_changes

MOST, DECIDED = 200, 20
VERBS = {
    "create": "Create",
    "update": "Change",
    "archive": "Archive",
    "save": "Change",
    "members": "Members of",
    "roles": "Roles of",
    "access": "Access of",
    "make": "Begin",
}


@dataclass(frozen=True)
class ChangeRow:
    """One change in a list. `what`: "Change environment prod"; `fields`: what it touches, at most three of them."""

    change: ConfigChange
    what: str
    fields: list[str]
    more: int
    mine: bool


@dataclass(frozen=True)
class ChangesPage:
    """`waiting`: those this person can confirm; `others`: pending ones that somebody else must."""

    waiting: list[ChangeRow] = field(default_factory=list)
    others: list[ChangeRow] = field(default_factory=list)
    decided: list[ChangeRow] = field(default_factory=list)


@dataclass(frozen=True)
class ChangePage:
    """`rows`: the exact difference; `source`: that of a text, line by line; `effect`: None once it is decided;
    `may`: confirm, withdraw or "" with `why_not`."""

    row: ChangeRow
    state: str
    rows: list[dict]
    source: str
    effect: Effect | None
    may: str
    why_not: str


def read_changes(frame: Frame) -> ChangesPage:
    """Two queries."""
    rows = visible_changes(frame.actor).defer("request", "proposed")
    alive = rows.filter(state=ChangeState.PENDING, expires_at__gt=frame.now).order_by("expires_at", "id")
    pending = [row_of(change, frame.actor) for change in alive[:MOST]]
    decided = rows.exclude(state=ChangeState.PENDING).order_by("-decided_at", "-id")[:DECIDED]
    may = frame.administers
    return ChangesPage(
        waiting=[row for row in pending if may and not row.mine],
        others=[row for row in pending if not may or row.mine],
        decided=[row_of(change, frame.actor) for change in decided],
    )


def row_of(change: ConfigChange, actor: Actor) -> ChangeRow:
    noun, _, name = change.target.partition(":")
    verb = VERBS.get(change.kind.partition(".")[2], "Change")
    names = [words_of(row["pointer"]) for row in change.diff]
    mine = actor.is_human and change.proposed_by_id == actor.person_id
    return ChangeRow(change, f"{verb} {noun} {name}", names[:3], max(0, len(names) - 3), mine)


def words_of(pointer: str) -> str:
    """`/gate/slots/0/count` → `gate, slot 1, count`."""
    words = []
    for part in pointer.strip("/").split("/"):
        if part.isdigit() and words:
            words[-1] = f"{words[-1].removesuffix('s')} {int(part) + 1}"
        else:
            words.append(part.replace("_", " "))
    return ", ".join(words)


def read_change(frame: Frame, change_id: str) -> ChangePage:
    """Raises NotFound. The effect is read only while somebody can still decide."""
    change = get_change(frame.actor, change_id)
    row = row_of(change, frame.actor)
    over = change.state == ChangeState.PENDING and change.expires_at <= frame.now
    state = ChangeState.EXPIRED if over else change.state
    pending = state == ChangeState.PENDING
    may, why_not = _may(frame.actor, row) if pending else ("", "")
    return ChangePage(
        row=row,
        state=state,
        rows=[_line(one) for one in change.diff if one["pointer"] != "/source"],
        source=_source(change.diff),
        effect=effect_of(change, frame.actor, frame.now) if pending else None,
        may=may,
        why_not=why_not,
    )


def _may(actor: Actor, row: ChangeRow) -> tuple[str, str]:
    if row.mine:
        return "withdraw", "You proposed it, so another administrator must confirm it."
    if not actor.may(Permission.CHANGE_CONFIRM):
        return "", "An administrator must confirm it."
    return "confirm", ""


def _line(one: dict) -> dict:
    shown = {side: in_words(one[side]) for side in ("before", "after")}
    return {"field": words_of(one["pointer"]), "pointer": one["pointer"], **shown}


def in_words(value: object) -> str:
    """A value of a setting as people read it; empty where there is none."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(in_words(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {in_words(item)}" for name, item in value.items()) or "everywhere"
    return str(value)


def _source(diff: list[dict]) -> str:
    """The lines of a pipeline that differ, each with its sign and three around it."""
    found = next((one for one in diff if one["pointer"] == "/source"), None)
    if found is None:
        return ""
    before, after = ((found[side] or "").splitlines() for side in ("before", "after"))
    return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=3))[2:])
