"""One cell of the board. Pure: nothing unknown is made to look healthy."""

from dataclasses import dataclass
from datetime import datetime

from deployments.models import Deployment
from deployments.states import State

Ahead = tuple[tuple, str] | None  # (cut of the newest release in the places before, which place)


@dataclass(frozen=True)
class Cell:
    """`state`: what is said of what runs: "succeeded", "unknown" or "none" (nothing recorded). `cut` orders
    releases; None where it is not known what runs.
    """

    environment: str
    state: str = "none"
    version: str = ""
    deployment: str = ""
    since: datetime | None = None
    baseline: bool = False
    break_glass: bool = False
    expedited: bool = False
    behind: str = ""
    frozen: bool = False
    closed: bool = False
    cut: tuple | None = None
    next_version: str = ""
    next_deployment: str = ""
    next_approval: str = ""
    next_state: str = ""
    next_why: str = ""
    next_text: str = ""
    next_break_glass: bool = False
    next_expedited: bool = False


def cell_of(
    environment: str, current: Deployment | None, coming: Deployment | None, ahead: Ahead, *, frozen: bool
) -> Cell:
    """`current`: the deployment that told last what runs there; `coming`: what is open for the lane."""
    found = _current(current, ahead)
    if coming is not None:
        reason = next((reason.get("text", "") for reason in coming.reasons), "")
        found |= {
            "next_version": coming.version,
            "next_deployment": coming.pk,
            "next_approval": coming.approval_id or "",
            "next_state": coming.state,
            "next_why": coming.waiting_for,
            "next_text": reason,
            "next_break_glass": coming.break_glass,
            "next_expedited": coming.expedited,
        }
    return Cell(environment=environment, frozen=frozen, **found)


def _current(row: Deployment | None, ahead: Ahead) -> dict:
    if row is None:
        return {}
    if row.state != State.SUCCEEDED:  # a rollback that failed: neither release is known to run
        return {"state": "unknown", "deployment": row.pk, "since": row.ended_at}
    cut = (row.release.cut_at, row.release_id)
    return {
        "state": "succeeded",
        "version": row.version,
        "deployment": row.pk,
        "since": row.ended_at,
        "baseline": row.kind == "baseline",
        "break_glass": row.break_glass,
        "expedited": row.expedited,
        "cut": cut,
        "behind": ahead[1] if ahead and ahead[0] > cut else "",
    }
