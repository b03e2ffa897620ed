"""What rows of pages show, made from rows of the database. Reads nothing itself."""

from approvals.states import Decision
from pipelines.matching import assign, slots_of


def keys_of(request) -> tuple[list[bool], int, int]:
    """(pips, filled, total) by the standing votes as they were cast; the decision page asks anew who counts."""
    slots = slots_of(request.gate["slots"])
    standing = [v for v in request.votes.all() if not v.void and v.withdrawn_at is None]
    cast = [(v.person_id, frozenset(v.groups)) for v in standing if v.decision == Decision.APPROVE]
    filled = sum(len(people) for people in assign(slots, sorted_votes(cast, standing)).filled.values())
    total = sum(slot.count for slot in slots)
    return [index < filled for index in range(total)], filled, total


def sorted_votes(cast: list, standing: list) -> list:
    """In the order of their casting."""
    at = {vote.person_id: (vote.at, vote.pk) for vote in standing}
    return sorted(cast, key=lambda row: at[row[0]])


def changes_in_words(changes: list[dict], plan_state: str) -> tuple[str, list[dict]]:
    """A short sentence and the chips that a tired person must see."""
    if plan_state == "none":
        return "Nothing would change in AWS; the tests run.", []
    removed = sum(1 for change in changes if change["action"] == "Remove")
    replaced = sum(1 for change in changes if change.get("replacement") == "True")
    words = f"{len(changes)} change{'' if len(changes) == 1 else 's'} in AWS"
    chips = []
    if removed:
        chips.append({"text": f"{removed} deleted", "icon": "trash-2", "tone": "danger"})
    if replaced:
        chips.append({"text": f"{replaced} replaced", "icon": "replace", "tone": "danger"})
    return words, chips


def approval_row(request, plans: dict, actor, *, act: bool = False) -> dict:
    """One row of the inbox."""
    deployment = plans.get(request.deployment)
    words, chips = changes_in_words(
        deployment.plan_changes if deployment else [], deployment.plan_state if deployment else "not_computed"
    )
    pips, filled, total = keys_of(request)
    groups = sorted(actor.groups & {slot["group"] for slot in request.gate["slots"]})
    return {
        "id": request.pk,
        "application": request.release.application_id,
        "version": request.release.version,
        "environment": request.environment_id,
        "summary": words,
        "chips": chips,
        "pips": pips,
        "filled": filled,
        "total": total,
        "by": deployment.requested_by_name if deployment else "",
        "at": request.opened_at,
        "expires": request.expires_at,
        "state": request.state,
        "act": act,
        "why": f"You hold a key of {' and '.join(groups)}." if act else "",
        "deployment": request.deployment,
        "deployment_state": deployment.state if deployment else "",
        "waiting_for": deployment.waiting_for if deployment else "",
        "ended": request.ended_at,
    }
