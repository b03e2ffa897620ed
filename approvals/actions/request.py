"""Open an approval request: from now on named people may give their word on exactly this content."""

from datetime import datetime

from django.db import transaction

from approvals.binding import content_hash
from approvals.models import ApprovalRequest
from approvals.states import ApprovalState
from approvals.timetable import columns, expires_at
from audit.actions.append import append
from kernel.actor import Actor


@transaction.atomic
def request(
    *,
    actor: Actor,
    release,
    environment,
    deployment_id: str,
    subject: dict,
    gate: dict,
    relations: list,
    at: datetime,
) -> ApprovalRequest:
    """The open request of (release, environment). IntegrityError if there is one already (a partial unique index)."""
    row = ApprovalRequest.objects.create(
        release=release,
        environment=environment,
        deployment=deployment_id,
        subject=subject,
        content_hash=content_hash(subject),
        state=ApprovalState.OPEN,
        gate=gate,
        relations=relations,
        opened_at=at,
        expires_at=(ends := expires_at(at, gate["expires_in"])),
        **columns(gate, ends),
    )
    append(
        kind="approval.opened",
        actor=actor,
        subject=f"approval:{row.pk}",
        environment=environment.name,
        application=release.application_id,
        data={
            "deployment": deployment_id,
            "content_hash": row.content_hash,
            "slots": gate["slots"],
            "step_up": gate["step_up"],
            "exclude": gate["exclude"],
            "gate_version": gate["version"],
        },
    )
    return row
