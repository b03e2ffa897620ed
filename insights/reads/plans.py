"""A plan in a few words: what it deletes, replaces and widens, most dangerous first. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from insights.templatetags.gate import change_of, count

RANK = {"remove": 0, "replace": 1, "modify": 2, "add": 3, "same": 4}
IAM = "AWS::IAM::"


@dataclass(frozen=True)
class PlanFacts:
    """`state`: ready | none | not_computed. `changes`: as the executor gave them, deletions first, then
    replacements."""

    state: str
    changes: tuple[dict, ...] = ()
    ended: bool = False  # a plan that is not there will not come any more

    def _of(self, kind: str) -> list[dict]:
        return [change for change in self.changes if change_of(change) == kind]

    @property
    def deletions(self) -> list[dict]:
        """What goes away."""
        return self._of("remove")

    @property
    def replacements(self) -> list[dict]:
        """What is or may be made anew, the old one deleted."""
        return self._of("replace")

    @property
    def rights(self) -> list[dict]:
        """Changes to IAM resources, whatever they do."""
        return [change for change in self.changes if str(change.get("type", "")).startswith(IAM)]

    def in_words(self) -> str:
        """`4 resources change, 1 is deleted`, `nothing changes`, `the plan is not there yet`, `never computed`."""
        if self.state == "none":
            return "nothing changes"
        if self.state != "ready":
            return "never computed" if self.ended else "the plan is not there yet"
        verb = "changes" if len(self.changes) == 1 else "change"
        return f"{count(len(self.changes), 'resource')} {verb}"


def plan_facts(state: str, changes: Iterable[dict], *, ended: bool = False) -> PlanFacts:
    """The facts of a stored plan; an entry that is no mapping is left out, its state stays."""
    rows = [change for change in changes or () if isinstance(change, dict)]
    rows.sort(key=lambda change: (RANK.get(change_of(change), 5), str(change.get("logical_id", ""))))
    return PlanFacts(state, tuple(rows), ended)


def plan_chips(facts: PlanFacts) -> list[dict]:
    """Risk chips of a row: deletions, replacements, rights; or that nothing changes, or is not known."""
    chips = []
    if facts.deletions:
        chips.append(_chip(count(len(facts.deletions), "deletion"), "trash-2", "danger"))
    if facts.replacements:
        chips.append(_chip(count(len(facts.replacements), "replacement"), "replace", "danger"))
    if facts.rights:
        chips.append(_chip("Touches IAM", "shield-alert", "attention"))
    if facts.state == "none":
        chips.append(_chip("Nothing changes", "equal", ""))
    elif facts.state != "ready":
        chips.append(_chip("Plan not computed", "circle-question-mark", "attention"))
    return chips


def _chip(text: str, icon: str, tone: str) -> dict:
    return {"text": text, "icon": icon, "tone": tone}
