"""One row of the inbox, in words. Pure over what was read."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from approvals.positions import groups_now, holds
from approvals.states import Decision
from deployments.models import Deployment
from deployments.states import TERMINAL, State
from insights.frame import Frame
from insights.reads.changelists import commits_in_words
from insights.reads.evidence import evidence_chip
from insights.reads.holding import holds_until, told
from insights.reads.plans import plan_chips, plan_facts
from insights.templatetags.gate import relative
from kernel.verdicts import Reason
from pipelines.matching import Slot, assign, slots_of, would_help
from releases.changes import ChangeList

LAPSES = {"text": "Keys would lapse before it opens", "icon": "triangle-alert", "tone": "attention"}
NEVER = datetime.max.replace(tzinfo=UTC)
TIME_CODES = {
    "freeze": ("Frozen", "snowflake"),
    "outside_window": ("Window closed", "door-closed"),
    "hold": ("On hold", "lock"),
    "stop_the_line": ("Line stopped", "octagon-alert"),
}


@dataclass(frozen=True)
class InboxRow:
    """What the template shows of one request; `why` says why this person is asked, or what it waits for."""

    approval: str
    deployment: str
    application: str
    version: str
    environment: str
    account: str
    replaces: str
    summary: str
    chips: list[dict]
    pips: list[bool]
    filled: int
    total: int
    keys: list[str]  # "rita, 4 m ago"
    by: str
    mine: bool
    at: datetime
    expires: datetime | None
    opens: datetime | None
    urgent: bool
    why: str
    state: str
    state_kind: str
    waiting_for: str
    urgency: tuple = field(compare=False, default=())


def row_of(frame: Frame, row: Deployment, changes: ChangeList, *, group: str) -> InboxRow:
    """`row` carries the annotations of insights.reads.inbox, `approval.standing` its votes."""
    approval = row.approval
    plan = plan_facts(row.plan_state, row.plan_changes, ended=row.state in TERMINAL)
    filled, total = keys_of(row, frame.now)
    opens = _latest(row.reasons)
    ends = holds_until(approval, frame.now)
    ended = group == "decided"
    return InboxRow(
        approval=approval.pk,
        deployment=row.pk,
        application=row.application_id,
        version=row.version,
        environment=row.environment_id,
        account=row.environment.account.account_id,
        replaces=(row.previous_version if ended else row.running_version) or "",
        summary=_summary(plan, None if ended else changes),
        chips=_told(approval)
        + _chips(row, plan, changes)
        + ([LAPSES] if opens and ends and ends <= opens else []),
        pips=[True] * filled + [False] * (total - filled),
        filled=filled,
        total=total,
        keys=[_key(vote, frame.now) for vote in approval.standing],
        by=row.requested_by_name,
        mine=row.requested_by_id == frame.actor.person_id,
        at=row.decided_at if ended else approval.opened_at,
        expires=None if ended else approval.expires_at,
        opens=None if ended else opens,
        urgent=row.break_glass or _soon(approval.expires_at, frame.now),
        why=_why(frame, row, group),
        state=row.state,
        state_kind="deployment",
        waiting_for=row.waiting_for,
        urgency=(not row.break_glass, approval.expires_at or NEVER, approval.opened_at),
    )


def _summary(plan, changes: ChangeList | None) -> str:
    """What changes, in about six words; once it has ended the commits in between are another question."""
    return plan.in_words() if changes is None else f"{commits_in_words(changes)}, {plan.in_words()}"


def keys_of(row: Deployment, at: datetime) -> tuple[int, int]:
    """(filled, all): places of the gate and how many of them the standing approvals fill."""
    slots, cast = _slots_and_cast(row, at)
    filled = sum(len(people) for people in assign(slots, cast).filled.values())
    return filled, sum(slot.count for slot in slots)


def _slots_and_cast(row: Deployment, at: datetime) -> tuple[list[Slot], list[tuple[str, frozenset[str]]]]:
    votes = [vote for vote in row.approval.standing if holds(vote, at)]
    cast = [(v.person_id, frozenset(v.groups)) for v in votes if v.decision == Decision.APPROVE]
    return slots_of(row.approval.gate["slots"]), cast


def _key(vote, now: datetime) -> str:
    word = "" if vote.decision == Decision.APPROVE else " rejected"
    return f"{vote.person.username}{_for(vote)}{word}, {relative(vote.at, now)}"


def _for(vote) -> str:
    return f" for {vote.on_behalf_of.username}" if vote.on_behalf_of else ""


def _soon(expires: datetime | None, now: datetime) -> bool:
    return expires is not None and 0 < (expires - now).total_seconds() < 3600


def _chips(row: Deployment, plan, changes: ChangeList) -> list[dict]:
    chips = [{"text": "Break-glass", "icon": "siren", "tone": "danger"}] if row.break_glass else []
    if row.expedited:
        chips.append({"text": "Expedited", "icon": "fast-forward", "tone": "attention"})
    if changes.direction == "rollback" or row.kind == "rollback":
        chips.append({"text": "Rollback", "icon": "undo-2", "tone": "attention"})
    chips += plan_chips(plan)
    chips.append(evidence_chip(row.evidence_total, row.evidence_passed, row.evidence_failed))
    for code in dict.fromkeys(reason.get("code") for reason in row.reasons):
        if code in TIME_CODES:
            text, icon = TIME_CODES[code]
            chips.append({"text": text, "icon": icon, "tone": "waiting"})
    return chips


def _told(approval) -> list[dict]:
    """That it was brought to mind, and to whom it escalated (requirement C09)."""
    words = told(approval)
    icon, tone = ("siren", "danger") if approval.escalated_to else ("hand", "attention")
    return [{"text": words.removesuffix("."), "icon": icon, "tone": tone}] if words else []


def _latest(reasons: list[dict]) -> datetime | None:
    """When the last of the reasons that are about time ends, if all of them have an end."""
    found = [reason.get("until") for reason in reasons if reason.get("code") in TIME_CODES]
    if not found or not all(found):
        return None
    return max(datetime.fromisoformat(until) for until in found)


def _why(frame: Frame, row: Deployment, group: str) -> str:
    approval = row.approval
    if group == "mine":
        mine = _open_to(frame, row)
        void = " The content changed, so the old votes are void." if approval.state == "void" else ""
        return f"You can turn a key of {' or '.join(mine)}.{void}"
    if group == "others" and approval.escalated_to in frame.actor.groups:
        asked = " and ".join(dict.fromkeys(slot["group"] for slot in approval.gate["slots"]))
        return f"You see it because you are in {approval.escalated_to}: get somebody of {asked} to answer."
    if group == "others" or row.state == State.EXPIRED:
        first = first_reason(row.reasons)
        same = [r["text"] for r in row.reasons if first and r.get("code") == first.code and r.get("text")]
        return " ".join(same)  # every open key, not the first of them
    if row.state == State.SUPERSEDED and row.newer_version:
        return f"{row.newer_version} took its place."
    return ""


def _open_to(frame: Frame, row: Deployment) -> list[str]:
    """The groups in which this person's key would count now; a key that somebody turned is not offered again."""
    slots, cast = _slots_and_cast(row, frame.now)
    approval, actor = row.approval, frame.actor
    heads = frozenset(head for vote in approval.standing if holds(vote, frame.now) for head in vote.heads)
    mine = groups_now(actor, approval.gate, approval.relations, heads, frame.now) & {s.group for s in slots}
    return sorted(group for group in mine if would_help(slots, cast, {actor.person_id: [group]}))


def first_reason(reasons: list[dict]) -> Reason | None:
    """The first stored reason, or None."""
    found = next((reason for reason in reasons if reason.get("text")), None)
    if found is None:
        return None
    return Reason(found.get("code", ""), found["text"], how_to_clear=found.get("how_to_clear"))
