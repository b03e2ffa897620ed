"""The rule on people that an environment owns: its form, its defaults, what is wrong with it. Pure."""

from pipelines.errors import wrong
from pipelines.expedited import slots_of_gate

OWNERS = "@owners"
RELATIONS = ("requester", "submitter", "author", "pipeline_editor")
# Who fills no slot of a protected environment where nothing else is said (product invariant 2).
PROTECTED_EXCLUDES = ("requester", "submitter", "author")
COMMENTS = ("optional", "required")
# An author nobody knows: shown and flagged, or nothing goes before they are.
UNKNOWN_AUTHORS = ("flag", "block")
EXPIRES_IN = 7 * 86_400  # seconds that votes may come
VALID_FOR = 86_400  # seconds from satisfied to start
SHORTEST, LONGEST = 60, 30 * 86_400
MOST_SLOTS, MOST_KEYS = 20, 20


def complete(gate: dict | None, *, protected: bool) -> dict:
    """The gate with every member: {"slots": [{"group", "count"}], "exclude", "expires_in", "valid_for"
    (seconds), "step_up", "comment", "unknown_authors", "escalation" (a group, or None)}. A slot without a
    count is one key. `expedited_slots`, where there are any: asked in place of `slots` on an expedited path (J07)."""
    gate = gate or {}
    urgent = gate.get("expedited_slots")
    return {
        "slots": _counted(gate.get("slots", [])),
        **({} if urgent is None else {"expedited_slots": _counted(urgent)}),
        "exclude": sorted(set(gate.get("exclude", PROTECTED_EXCLUDES if protected else ()))),
        "expires_in": gate.get("expires_in", EXPIRES_IN),
        "valid_for": gate.get("valid_for", VALID_FOR),
        "step_up": gate.get("step_up", False),
        "comment": gate.get("comment", "optional"),
        "unknown_authors": gate.get("unknown_authors", "flag"),
        "escalation": gate.get("escalation") or None,
    }


def _counted(slots: list[dict]) -> list[dict]:
    return [{"group": slot["group"], "count": slot.get("count", 1)} for slot in slots]


def gate_errors(gate: dict, *, groups: set[str] | frozenset[str]) -> list[dict]:
    """What is wrong with a complete gate: `slots_invalid`, `group_unknown`, `count_invalid`,
    `relation_unknown`, `seconds_invalid`, `comment_invalid`, `unknown_authors_invalid`.
    `groups`: the names that exist."""
    return (
        _slot_errors(gate["slots"], groups)
        + _expedited_errors(gate.get("expedited_slots"), groups)
        + [
            wrong(f"/gate/exclude/{i}", "relation_unknown", f"Relations are {', '.join(RELATIONS)}.")
            for i, relation in enumerate(gate["exclude"])
            if relation not in RELATIONS
        ]
        + [
            wrong(f"/gate/{name}", "seconds_invalid", f"Seconds, from {SHORTEST} to {LONGEST} (30 days).")
            for name in ("expires_in", "valid_for")
            if not SHORTEST <= gate[name] <= LONGEST
        ]
        + (
            []
            if gate["comment"] in COMMENTS
            else [wrong("/gate/comment", "comment_invalid", f"A comment is {' or '.join(COMMENTS)}.")]
        )
        + _unknown_authors_errors(gate)
        + _escalation_errors(gate, groups)
    )


def _unknown_authors_errors(gate: dict) -> list[dict]:
    if gate["unknown_authors"] in UNKNOWN_AUTHORS:
        return []
    detail = f"Unknown authors: {' or '.join(UNKNOWN_AUTHORS)}."
    return [wrong("/gate/unknown_authors", "unknown_authors_invalid", detail)]


def named_groups(gate: dict) -> set[str]:
    """Every name of a group in it, `@owners` among them."""
    return {slot["group"] for slot in slots_of_gate(gate)} | (
        {gate["escalation"]} if gate.get("escalation") else set()
    )


def _escalation_errors(gate: dict, groups) -> list[dict]:
    group = gate.get("escalation")
    if not group or group == OWNERS or group in groups:
        return []
    return [wrong("/gate/escalation", "group_unknown", "There is no group of this name.")]


def gate_warnings(gate: dict) -> list[dict]:
    """[{"code", "detail"}] of what is allowed and hardly meant: `escalation_to_same_group` (requirement C09)."""
    slots, group = gate.get("slots") or [], gate.get("escalation")
    if not group or not slots or slots[0]["group"] != group:
        return []
    detail = f"Unanswered requests escalate to {group}, the very group that is asked first."
    return [{"code": "escalation_to_same_group", "detail": detail}]


def _expedited_errors(slots: list[dict] | None, groups) -> list[dict]:
    """An urgent release asks fewer people perhaps, never nobody."""
    if slots == []:
        detail = "At least one key is asked for on an expedited path; leave it out to ask for the usual ones."
        return [wrong("/gate/expedited_slots", "slots_invalid", detail)]
    return _slot_errors(slots or [], groups, "expedited_slots")


def _slot_errors(slots: list[dict], groups, name: str = "slots") -> list[dict]:
    if len(slots) > MOST_SLOTS:
        return [wrong(f"/gate/{name}", "slots_invalid", f"A gate has at most {MOST_SLOTS} slots.")]
    errors = []
    for index, slot in enumerate(slots):
        if slot["group"] != OWNERS and slot["group"] not in groups:
            errors.append(
                wrong(f"/gate/{name}/{index}/group", "group_unknown", "There is no group of this name.")
            )
        if not 1 <= slot["count"] <= MOST_KEYS:
            detail = f"A slot takes 1 to {MOST_KEYS} keys."
            errors.append(wrong(f"/gate/{name}/{index}/count", "count_invalid", detail))
    return errors


def resolved(slots: list[dict], owners_group: str) -> list[dict]:
    """The slots with `@owners` replaced by the application's owners group."""
    return [{**slot, "group": owners_group if slot["group"] == OWNERS else slot["group"]} for slot in slots]
