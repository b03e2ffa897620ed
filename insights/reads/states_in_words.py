"""One sentence about where a deployment stands, and who can move it. Pure."""

from deployments.models import Deployment
from deployments.states import HOLDS_LANE, PENDING, State
from insights.reads.inbox_row import first_reason
from kernel.verdicts import Reason

SENTENCES = {
    State.REQUESTED: "It was asked for; nothing has been checked yet.",
    State.PLANNING: "AWS is being asked what would change.",
    State.NEEDS_APPROVAL: "People must turn their keys.",
    State.WAITING: "It may go later, by itself.",
    State.RUNNING: "AWS is being changed now.",
    State.VERIFYING: "AWS was changed; the team's tests run in the target account.",
    State.ROLLING_BACK: "It goes back to the last release that was verified here.",
    State.UNCERTAIN: "We lost touch in the middle. AWS is being asked what happened before anything is claimed.",
    State.NEEDS_HUMAN: "Reading AWS could not settle what happened. Nothing else runs in this lane until a "
    "person does.",
    State.SUCCEEDED: "Deployed, and the tests passed.",
    State.FAILED: "It failed.",
    State.ROLLED_BACK: "It failed and was rolled back; what ran before runs again.",
    State.ROLLBACK_FAILED: "It failed, and going back failed too. What runs there now is not known.",
    State.CANCELLED: "Somebody cancelled it.",
    State.REJECTED: "It was rejected.",
    State.EXPIRED: "The keys did not come in time.",
    State.SUPERSEDED: "A newer release took its place.",
    State.WITHDRAWN: "Its build or release was withdrawn.",
}
CLEARS = {
    State.NEEDS_HUMAN: "A release manager looks in AWS and records below what was found.",
    State.UNCERTAIN: "Nothing to do: it goes on by itself, or asks for a person.",
    State.ROLLBACK_FAILED: "A release manager looks in AWS; deploy a known release when it is clear.",
}
NEITHER_MOVES = HOLDS_LANE - {State.NEEDS_HUMAN}


# Their reasons say why it ended; those of the others are of a time before that.
ENDED_FOR_A_REASON = {State.REJECTED, State.FAILED, State.EXPIRED}


def sentence_of(row: Deployment, rejection: dict | None = None) -> Reason:
    """The first line: one sentence and who can clear it. The reasons kept of the last decision come first
    while it waits or was refused. `rejection`: the vote that ended it, {by, comment}."""
    if rejection is not None and row.state == State.REJECTED:
        return Reason("rejected", f"Rejected by {rejection['by']}: {rejection['comment']}")
    stored = first_reason(row.reasons)
    if stored is not None and (row.state in PENDING or row.state in ENDED_FOR_A_REASON):
        return stored
    text = SENTENCES.get(row.state, "Its state is not known here.")
    if row.state == State.SUCCEEDED and row.kind == "baseline":
        text = "Recorded as what already runs; no approval is claimed."
    if row.state == State.SUPERSEDED and row.superseded_by:
        text = f"{row.superseded_by.version} took its place."
    if row.state == State.CANCELLED and row.cancel_reason:
        text = f"Cancelled by {row.cancel_requested_by}: {row.cancel_reason}"
    if row.state == State.ROLLED_BACK and row.rolled_back_to:
        text = f"It failed and was rolled back: {row.rolled_back_to} runs again."
    if row.cancel_requested_at and row.state in NEITHER_MOVES:
        text = f"{text} {row.cancel_requested_by} asked to stop; it stops at the next safe point."
    return Reason(str(row.state), text, how_to_clear=CLEARS.get(row.state))
