"""Bind an open request to what would be done now; if that differs, the old votes are void and it says why."""

from datetime import datetime

from django.db import transaction

from approvals.binding import content_hash, what_differs
from approvals.models import ApprovalRequest
from approvals.states import TAKES_VOTES, ApprovalState
from approvals.timetable import columns as told
from approvals.timetable import expires_at
from audit.actions.append import append
from kernel.actor import Actor
from kernel.refusals import LostRace


@transaction.atomic
def rebind(*, request: ApprovalRequest, subject: dict, gate: dict, actor: Actor, at: datetime) -> list[str]:
    """The names of the bound fields that changed; [] if none did. The request keeps its id."""
    if request.state not in TAKES_VOTES:
        return []
    changed = what_differs(request.subject, subject)
    if not changed:
        return []
    new_hash = content_hash(subject)
    standing = request.votes.filter(void=False, withdrawn_at=None)
    ids = list(standing.values_list("pk", flat=True))
    state = ApprovalState.VOID if ids or request.state == ApprovalState.VOID else ApprovalState.OPEN
    ends = expires_at(at, gate["expires_in"])
    columns = {
        "subject": subject,
        "content_hash": new_hash,
        "past_subjects": {**request.past_subjects, request.content_hash: request.subject},
        "gate": gate,
        "state": state,
        "satisfied_at": None,
        "valid_until": None,
        "expires_at": ends,
        # The time for votes begins anew, so do its reminders; nobody sees it by an escalation of the old time.
        **told(gate, ends),
    }
    held = ApprovalRequest.objects.filter(
        pk=request.pk, content_hash=request.content_hash, state__in=TAKES_VOTES
    )
    if held.update(**columns) != 1:
        raise LostRace
    standing.update(void=True, changed_fields=changed)
    for name, value in columns.items():
        setattr(request, name, value)
    _record(request, actor, changed, ids)
    return changed


def _record(request: ApprovalRequest, actor: Actor, changed: list[str], ids: list[str]) -> None:
    append(
        kind="approval.voided",
        actor=actor,
        subject=f"approval:{request.pk}",
        environment=request.environment_id,
        application=request.release.application_id,
        data={
            "changed_fields": changed,
            "content_hash": request.content_hash,
            "votes": ids,
            # The gate of the moment is taken with it: whoever reads only the log must know what is asked from here.
            "slots": request.gate["slots"],
            "step_up": request.gate["step_up"],
            "deployment": request.deployment,
        },
    )
