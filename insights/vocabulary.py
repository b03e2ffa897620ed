"""The one status vocabulary: state -> word and icon, for pages and whatever else speaks of states.

The colour of a state lives in `static/css/components/badge.css`, one rule per state. The icon names are
Lucide's. The kinds exist because one state name can mean two things: a deployment that is `running` is
"Deploying", a step that is `running` is just "Running". A kind falls back to the deployment's words, and
those to "Unknown".
"""

from typing import NamedTuple


class Word(NamedTuple):
    """What a person sees for a state: the word and the name of the Lucide icon beside it."""

    text: str
    icon: str


UNKNOWN = Word("Unknown", "circle-question-mark")

DEPLOYMENT = {
    "requested": Word("Requested", "circle-dashed"),
    "planning": Word("Planning", "file-search"),
    "needs_approval": Word("Needs approval", "hand"),
    "waiting": Word("Waiting", "clock"),
    "running": Word("Deploying", "loader"),
    "verifying": Word("Verifying", "flask-conical"),
    "rolling_back": Word("Rolling back", "undo-2"),
    "uncertain": Word("Uncertain, asking AWS", "unplug"),
    "needs_human": Word("Needs a person", "triangle-alert"),
    "succeeded": Word("Deployed", "circle-check"),
    "failed": Word("Failed", "circle-x"),
    "rolled_back": Word("Rolled back", "undo-2"),
    "rollback_failed": Word("Rollback failed", "octagon-alert"),
    "cancelled": Word("Cancelled", "circle-minus"),
    "rejected": Word("Rejected", "octagon-x"),
    "expired": Word("Expired", "circle-minus"),
    "superseded": Word("Superseded", "circle-minus"),
    "withdrawn": Word("Withdrawn", "circle-minus"),
    "replaced": Word("Was there", "history"),  # succeeded, and something else runs there now
    "unknown": UNKNOWN,
}

# `waiting` says for what, as soon as that is known (the deployment's `waiting_for`).
WAITING_FOR = {
    "window": Word("Waiting for window", "clock"),
    "lane": Word("Waiting in line", "clock"),
    "schedule": Word("Scheduled", "calendar-clock"),
    "evidence": Word("Needs evidence", "file-question-mark"),
    "external": Word("Waiting for a check", "clock"),
}

KINDS = {
    "deployment": DEPLOYMENT,
    "build": {
        "received": Word("Received", "package"),
        "verified": Word("Verified", "shield-check"),
        "quarantined": Word("Quarantined", "shield-alert"),
        "withdrawn": Word("Withdrawn", "circle-minus"),
    },
    "artifact": {
        "pending": Word("Not checked yet", "circle-dashed"),
        "verified": Word("Verified", "shield-check"),
        "missing": Word("Missing", "file-x"),
        "mismatch": Word("Digest differs", "equal-not"),
        "unreadable": Word("Unreadable", "triangle-alert"),
    },
    "step": {
        "pending": Word("To come", "circle-dashed"),
        "running": Word("Running", "loader"),
        "waiting": Word("Waiting", "clock"),
        "done": Word("Done", "circle-check"),
        "failed": Word("Failed", "circle-x"),
        "skipped": Word("Skipped", "circle-slash"),
        "not_reached": Word("Not reached", "circle-dashed"),  # of one that ended before
        "ended_here": Word("Ended here", "circle-minus"),
    },
    "evidence": {
        "parsed": Word("Read", "file-check"),
        "rejected": Word("Refused", "octagon-x"),
        "pass": Word("Passed", "circle-check"),
        "fail": Word("Failed", "circle-x"),
        "warn": Word("Warning", "triangle-alert"),
        "none": Word("No verdict", "circle-question-mark"),
    },
    "approval": {
        "open": Word("Needs approval", "hand"),
        "satisfied": Word("Approved", "circle-check"),
        "void": Word("Void, content changed", "circle-off"),
        "rejected": Word("Rejected", "octagon-x"),
        "expired": Word("Expired", "circle-minus"),
        "consumed": Word("Used by its deployment", "stamp"),
        "closed": Word("Closed", "archive"),
    },
    "change": {
        "pending": Word("Needs a second person", "users"),
        "confirmed": Word("In force", "circle-check"),
        "rejected": Word("Rejected", "octagon-x"),
        "withdrawn": Word("Withdrawn", "undo-2"),
        "expired": Word("Expired", "circle-minus"),
    },
    "vote": {
        "approve": Word("Approved", "circle-check"),
        "reject": Word("Rejected", "octagon-x"),
        "withdraw": Word("Withdrawn", "undo-2"),
    },
    "check": {
        "pass": Word("Passed", "circle-check"),
        "wait": Word("Waiting", "clock"),
        "deny": Word("Blocked", "octagon-x"),
        "not_reached": Word("Not reached", "circle-dashed"),
        "ended_here": Word("Ended here", "circle-minus"),
        "skipped": Word("Skipped", "siren"),
        "allow": Word("Allowed", "circle-check"),
    },
    "plan": {
        "ready": Word("Plan ready", "file-check"),
        "none": Word("Nothing changes", "equal"),
        "not_computed": Word("Not computed", "circle-question-mark"),
    },
    "release": {
        "open": Word("Open", "circle-check"),
        "withdrawn": Word("Withdrawn", "circle-minus"),
    },
    "window": {
        "open": Word("Open", "door-open"),
        "closed": Word("Closed", "door-closed"),
    },
    "outcome": {
        "allowed": Word("Done", "circle-check"),  # "Rejected: Allowed" reads as its opposite
        "denied": Word("Denied", "octagon-x"),
        "failed": Word("Failed", "circle-x"),
    },
}


def word_for(state, kind="deployment", why=None) -> Word:
    """The word and icon of `state`, never an error.

    `kind` is a key of KINDS. `why` is a deployment's `waiting_for`, used when the state is `waiting`. A state
    the kind does not know is looked up among the deployment's; what nobody knows is `UNKNOWN`, and so is
    None: nothing unknown may look healthy.
    """
    state = str(state) if state is not None else "unknown"
    if state == "waiting" and kind == "deployment" and why in WAITING_FOR:
        return WAITING_FOR[why]
    words = KINDS.get(kind, {})
    return words.get(state) or DEPLOYMENT.get(state, UNKNOWN)


def has_word(state, kind="deployment") -> bool:
    """Whether the vocabulary has its own word for this state."""
    return word_for(state, kind) is not UNKNOWN
