"""The seven checks of a verdict as rows: what holds, what stops, why, and how to clear it. Pure."""

from collections.abc import Iterable

from kernel.verdicts import Check, CheckState, Reason, Verdict

LABELS = {
    "artifact": "Artifacts",
    "order": "Order of promotion",
    "standards": "Standards",
    "plan": "Plan",
    "people": "Keys",
    "window": "Window",
    "lane": "Lane",
}
PASSED = {
    "artifact": "Every artifact has the digest that CI handed over.",
    "order": "It has been where it must have been before.",
    "standards": "What the pipeline asks of the build is there.",
    "plan": "AWS was asked what would change.",
    "people": "Nobody else needs to be asked.",
    "window": "Open now.",
    "lane": "Nothing else runs there.",
}
OPEN_THEN = "It was open when this ended."
# Which check a stored reason came from: a deployment keeps its reasons in one list.
OF_CODE = {
    "artifact": {"withdrawn", "artifact_mismatch", "artifact_unverified"},
    "order": {
        "not_in_pipeline",
        "expedited_not_defined",
        "not_promoted_from",
        "soak_unfinished",
        "hotfix_missing",
    },
    "standards": {"test_spec_missing", "standard_failed", "evidence_missing"},
    "plan": {"account_unproved", "plan_failed", "external_check"},
    "people": {"approval_needed", "approval_void", "gate_unsatisfiable", "unknown_author"},
    "window": {"outside_window", "freeze", "hold", "stop_the_line", "scheduled", "review_overdue"},
    "lane": {"lane_busy", "lane_rejected", "pool_unavailable"},
}
# A break-glass that a second person must confirm stops whichever checks it names.
UNCONFIRMED = "break_glass_unconfirmed"


def rows_of(verdict: Verdict) -> list[dict]:
    """{name, label, state, detail, reasons} of each check, in their order."""
    return [
        _row(check.name, str(check.state), _open_reasons(check), note=check.as_dict().get("note", ""))
        for check in verdict.checks
    ]


def _open_reasons(check: Check) -> tuple[Reason, ...]:
    """What a passed check has to say is its detail and nothing that anybody would have to clear."""
    return () if check.state == CheckState.PASS else check.reasons


def stored_rows(checks: Iterable[dict], reasons: Iterable[dict], *, over: bool = False) -> list[dict]:
    """The same from what a deployment keeps of its last decision: [{name, state}] and a list of reasons. `over`: it
    has ended, and nothing waits any more: what was open then is said as that."""
    reasons = list(reasons)
    rows = [
        _row(
            check["name"],
            check["state"],
            _reasons_of(check, reasons),
            check.get("detail", ""),
            check.get("note", ""),
        )
        for check in checks
    ]
    return [_as_it_ended(row) for row in rows] if over else rows


def _as_it_ended(row: dict) -> dict:
    if row["state"] != CheckState.WAIT:
        return row
    return {**row, "state": "ended_here", "reasons": [], "detail": row["detail"] or OPEN_THEN}


def _reasons_of(check: dict, reasons: list[dict]) -> list[dict]:
    """Those of the check's own codes; a check that waits without one waits for the break-glass."""
    own = [reason for reason in reasons if reason.get("code") in OF_CODE.get(check["name"], ())]
    if own or check["state"] != CheckState.WAIT:
        return own
    return [reason for reason in reasons if reason.get("code") == UNCONFIRMED][:1]


def _row(name: str, state: str, reasons: Iterable[Reason | dict], detail: str = "", note: str = "") -> dict:
    """`note`: what a check that passed has to say beside that."""
    detail = note or PASSED.get(name, "") if state == CheckState.PASS else detail
    return {
        "name": name,
        "label": LABELS.get(name, name.capitalize()),
        "state": state,
        "detail": detail,
        "reasons": list(reasons),
    }
