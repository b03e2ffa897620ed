"""Break-glass as pages show it: what is active or unreviewed, what breaking one would skip, what was found."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from deployments.bypass import SKIPPABLE, Bypass
from deployments.decision import decide, subject_for
from deployments.facts import bypass_of
from deployments.models import BreakGlass, Deployment
from deployments.queries import break_glasses, get_break_glass, had_a_hand, may_review
from deployments.states import PENDING, TERMINAL
from insights.frame import Frame
from insights.reads import checks
from kernel.permissions import Permission
from kernel.refusals import NotFound
from kernel.verdicts import Deny
from pipelines.models import Environment
from releases.models import Release
from releases.queries import get_release

MOST = 20  # reviews that one look at the inbox asks about


@dataclass(frozen=True)
class Gate:
    """One check that may be skipped: what it says now."""

    name: str
    label: str
    state: str
    reasons: tuple


@dataclass
class BreakGlassPage:
    """`not_yours`: why this person cannot; `release` and `place` are None until both are chosen."""

    release: Release | None = None
    place: Environment | None = None
    gates: list[Gate] = field(default_factory=list)
    not_yours: str = ""
    rows: list[BreakGlass] = field(default_factory=list)
    last_drill: datetime | None = None


def read_break_glass(frame: Frame, application: str, version: str, environment: str) -> BreakGlassPage:
    """The page of the form, pre-filled with the three where they are given. Raises NotFound."""
    rows = break_glasses(frame.actor)
    page = BreakGlassPage(rows=list(rows[:MOST]))
    page.last_drill = rows.filter(drill=True).values_list("opened_at", flat=True).first()
    if not frame.actor.may(Permission.BREAK_GLASS):
        page.not_yours = "Release managers break the glass."
    if not (application and version and environment):
        return page
    page.release = get_release(frame.actor, application, version)
    page.place = (
        Environment.objects.select_related("account").filter(pk=environment, archived_at=None).first()
    )
    if page.place is None:
        raise NotFound()
    subject = subject_for(page.release, page.place)
    page.gates = _gates(frame, subject)
    page.not_yours = page.not_yours or _too_late(frame, subject)
    return page


def _gates(frame: Frame, subject) -> list[Gate]:
    found = {check.name: check for check in decide(subject, frame.actor, frame.now).checks}
    return [
        Gate(name, checks.LABELS[name], str(found[name].state), tuple(found[name].reasons))
        for name in SKIPPABLE
    ]


def _too_late(frame: Frame, subject) -> str:
    """Why it cannot be let past anything now, or "" if it can."""
    if isinstance(subject, Deployment):
        if subject.state not in PENDING:
            return f"It has started already: {subject.state}."
        return "The glass is broken for it already." if bypass_of(subject, frame.now) else ""
    everything = Bypass("", "", "", "", frozenset(SKIPPABLE), frame.now, True)
    verdict = decide(type(subject)(subject.release, subject.environment, everything), frame.actor, frame.now)
    return " ".join(reason.text for reason in verdict.reasons) if isinstance(verdict, Deny) else ""


@dataclass
class ReviewPage:
    """`confirm`, `review`: whether the form is theirs; `not_yours` says why no review form is there."""

    row: BreakGlass
    confirm: bool
    review: bool
    not_yours: str
    late: bool


def read_review(frame: Frame, review_id: str) -> ReviewPage:
    """Raises NotFound."""
    row = get_break_glass(frame.actor, review_id)
    relation = had_a_hand(frame.actor, row)
    waits = row.needs > 1 and row.confirmed_at is None and row.until > frame.now
    confirm = waits and relation is None and frame.actor.may(Permission.BREAK_GLASS)
    why = "" if row.reviewed_at else _not_reviewer(frame, row, relation)
    review = row.reviewed_at is None and not why
    return ReviewPage(row, confirm, review, why, row.reviewed_at is None and row.due_at < frame.now)


def _not_reviewer(frame: Frame, row: BreakGlass, relation: str | None) -> str:
    if not may_review(frame.actor, row):
        return "A release manager or an owner who had no hand in it reviews it."
    if relation is not None:
        return f"You had a hand in it ({relation}); somebody else reviews it."
    if row.deployment.state not in TERMINAL:
        return "It is reviewed when its deployment has ended."
    return ""


def to_review(frame: Frame) -> list[BreakGlass]:
    """What waits for this person's finding or confirmation, the most urgent first. No query while none is open."""
    glasses = [glass for glass in frame.pulse.glasses if _theirs(frame, glass)]
    if not glasses:
        return []
    rows = (
        break_glasses(frame.actor).filter(pk__in=[glass["id"] for glass in glasses]).order_by("due_at", "id")
    )
    return [row for row in rows[:MOST] if had_a_hand(frame.actor, row) is None and _due(frame, row)]


def _theirs(frame: Frame, glass: dict) -> bool:
    return frame.actor.may(Permission.BREAK_GLASS) or glass["owners"] in frame.actor.groups


def _due(frame: Frame, row: BreakGlass) -> bool:
    waits = row.needs > 1 and row.confirmed_at is None and row.until > frame.now
    confirms = waits and frame.actor.may(Permission.BREAK_GLASS)
    return confirms or row.deployment.state in TERMINAL


def strips(frame: Frame, glasses: Iterable[dict]) -> list[dict]:
    """One per break-glass that is active or not reviewed yet, for everybody. Who may not see it gets no link."""
    found = []
    for glass in glasses:
        active = glass["state"] not in TERMINAL
        word = "Break-glass drill" if glass["drill"] else "Break-glass"
        what = "is active" if active else "has ended and is not reviewed yet"
        strip = {"kind": "break_glass", "icon": "siren"}
        strip["text"] = f"{word}: {glass['application']} in {glass['environment']} {what}."
        if frame.names is None or glass["application"] in frame.names:
            strip |= {"link_url": f"/break-glass/{glass['id']}", "link_text": "See it"}
        found.append(strip)
    return found
