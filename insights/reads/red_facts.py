"""What an approver must not miss: red facts only, each a sentence with its detail. Pure.

A page that lists everything in red lists nothing: what is merely worth knowing stands further down.
"""

from dataclasses import dataclass

from insights.reads.plans import PlanFacts
from insights.templatetags.gate import count
from pipelines.calendar import Opening
from releases.changes import ChangeList

SHOWN = 6  # names in one fact; the change set lists them all
YOURS = {
    "requester": "You asked for this deployment",
    "submitter": "You submitted this build",
    "author": "You wrote a commit that is being shipped",
    "pipeline_editor": "You edited the pipeline last",
}
ALLOWED = "This gate allows it."


@dataclass(frozen=True)
class RedFacts:
    """What the facts are drawn from. `relations`: how the reader had a hand in it; `excluded`: whom the gate
    keeps out; `pending`: it has not started."""

    plan: PlanFacts
    changes: ChangeList
    evidence: list[dict]
    missing: list[str]
    opening: Opening
    relations: list[str]
    excluded: list[str]
    break_glass: bool
    pending: bool
    unknown: tuple[str, ...] = ()  # authors nobody here is known as
    skipped_stages: tuple[str, ...] | None = None  # of an expedited one
    unknown_blocks: bool = False  # the gate waits until they are known
    twins: tuple[str, ...] = ()  # accounts that may be one human, "rita and rita-admin"


def red_facts(facts: RedFacts) -> list[dict]:
    """[{icon, title, more}], what cannot be undone first."""
    found = [_fact("siren", "This breaks the glass", "Checks are skipped; it will be reviewed.")]
    found = found if facts.break_glass else []
    found += _expedited(facts.skipped_stages)
    found += _plan(facts.plan) + _change_list(facts.changes) + _evidence(facts)
    found += _people(facts)
    # Whom the gate keeps out reads so where the buttons would be; said here, too, it would be said twice.
    found += [
        _fact("user-round-check", YOURS[name], ALLOWED)
        for name in facts.relations
        if name not in facts.excluded
    ]
    if facts.pending and not facts.opening.open_now:
        found += [_closed(reason) for reason in facts.opening.reasons]
    return found


def _fact(icon: str, title: str, more: str = "") -> dict:
    return {"icon": icon, "title": title, "more": more}


def _expedited(skipped: tuple[str, ...] | None) -> list[dict]:
    if skipped is None:
        return []
    verb = "is" if len(skipped) == 1 else "are"
    more = "Nobody asks whether it succeeded there. Everything else is checked as always."
    return [_fact("fast-forward", f"This is expedited: {' and '.join(skipped)} {verb} skipped", more)]


def _names(changes: list[dict]) -> str:
    names = [str(change.get("logical_id", "?")) for change in changes]
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _plan(plan: PlanFacts) -> list[dict]:
    found = []
    if plan.deletions:
        verb = "is" if len(plan.deletions) == 1 else "are"
        title = f"{count(len(plan.deletions), 'resource').capitalize()} {verb} deleted"
        found.append(_fact("trash-2", title, _names(plan.deletions)))
    if plan.replacements:
        verb = "is" if len(plan.replacements) == 1 else "are"
        title = f"{count(len(plan.replacements), 'resource').capitalize()} {verb} replaced: the old one is deleted"
        found.append(_fact("replace", title, _names(plan.replacements)))
    if plan.rights:
        found.append(_fact("shield-alert", "Rights in AWS change", _names(plan.rights)))
    if plan.state not in ("ready", "none"):
        more = "AWS has not said what would change. Nobody can judge what nobody has seen."
        title = "The plan was never computed" if plan.ended else "The plan is not there yet"
        found.append(_fact("circle-question-mark", title, more))
    return found


def _change_list(changes: ChangeList) -> list[dict]:
    found = []
    if changes.direction == "rollback":
        more = "It was cut before what runs there now; its newer commits go away."
        found.append(_fact("undo-2", "This is a rollback to an older release", more))
    if changes.state == "not_supplied" and changes.direction != "same":
        more = "CI posted no commits with these builds. That is not the same as no change."
        found.append(_fact("file-question-mark", "Change list not supplied", more))
    elif changes.state == "unknown":
        more = f"Without commits: {', '.join(changes.missing)}."
        found.append(_fact("file-question-mark", "The change list has gaps", more))
    return found


def _evidence(facts: RedFacts) -> list[dict]:
    found = []
    for row in facts.evidence:
        if row["state"] in ("fail", "rejected"):
            word = "failed" if row["state"] == "fail" else "could not be read"
            found.append(_fact("circle-x", f"{row['title']}: {row['name']} {word}", row["summary"]))
    if facts.missing:
        more = "Missing evidence is not a pass."
        found.append(_fact("file-question-mark", f"No evidence of: {', '.join(facts.missing).lower()}", more))
    return found


def _people(facts: RedFacts) -> list[dict]:
    """A gate that stops at an unknown author says so among its checks; one that lets them pass leaves it to the eye."""
    found = []
    if facts.unknown and not facts.unknown_blocks:
        found.append(_fact("user-round-x", "An author nobody knows", _unknown_in_words(facts.unknown)))
    if facts.twins:
        more = f"{'; '.join(facts.twins)}: joined by an e-mail address or a passkey. They count once."
        found.append(_fact("users-round", "Possible same human", more))
    return found


def _unknown_in_words(unknown: tuple[str, ...]) -> str:
    """Addresses that belong to nobody here, and versions whose commits were not posted."""
    mark = "the authors of "
    versions = [name.removeprefix(mark) for name in unknown if name.startswith(mark)]
    addresses = [name for name in unknown if not name.startswith(mark)]
    parts = [f"No commits were posted with {_few(versions)}."] if versions else []
    parts += [f"No account here has {_few(addresses)}."] if addresses else []
    return " ".join([*parts, "Whoever wrote that could vote on it."])


def _few(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def _closed(reason) -> dict:
    """The times of a window stand under Window, in the zones of the reader and of the window; here they would drown
    what is said."""
    icon = "snowflake" if reason.code == "freeze" else "door-closed"
    more = "You can decide now; it starts when this is over."
    title, opens, _ = reason.text.partition(". It opens ")
    return _fact(icon, f"{title}." if opens else title, more)
