"""Approval requests as the API shows them."""

from django.conf import settings

from approvals import gate
from approvals.models import ApprovalRequest
from approvals.picture import look
from kernel.clock import now
from kernel.verdicts import wire_time

MISSING = {"unknown_authors": "flag"}  # what a snapshot of before there was such a member stands for


def summary(request: ApprovalRequest, keys=None) -> dict:
    """The `approval` member of a deployment. `keys`: from gate.people, where it was asked already."""
    keys = gate.people(request, now()).keys if keys is None else keys
    return {
        "id": request.pk,
        "content_hash": request.content_hash,
        "state": request.state,
        "expires_at": wire_time(request.expires_at),
        "valid_until": wire_time(request.valid_until),
        "reminded": request.reminded or None,
        "escalated_to": request.escalated_to or None,
        "slots": [{"group": k.group, "count": k.count, "filled_by": k.filled_by} for k in keys],
    }


def full(request: ApprovalRequest) -> dict:
    """The body of `GET /approvals/{id}`; `content_hash` is the SHA-256 of the RFC 8785 form of `subject`."""
    answer = gate.people(request, now())
    return {
        **summary(request, answer.keys),
        "deployment": request.deployment,
        "application": request.release.application_id,
        "version": request.release.version,
        "environment": request.environment_id,
        "opened_at": wire_time(request.opened_at),
        "superseded_by": request.superseded_by or None,
        "gate": {
            key: request.gate.get(key, MISSING.get(key))
            for key in ("exclude", "step_up", "comment", "unknown_authors", "escalation", "version")
        },
        "can_fill": [{"group": k.group, "people": k.can_fill} for k in answer.keys],
        "subject": request.subject,
        "votes": votes(request),
        "links": {"html": f"{settings.PUBLIC_URL}/approvals/{request.pk}"},
    }


def votes(request: ApprovalRequest) -> list[dict]:
    """Every vote ever cast, in order; `slot` is the key it fills now."""
    picture = look(request)
    rows = []
    for row in request.votes.select_related("person", "delegation__principal").order_by("at", "id"):
        standing = not row.void and row.withdrawn_at is None
        index = picture.state.assignment.slot_of(row.person_id) if standing else None
        rows.append(
            {
                "id": row.pk,
                "by": row.person.username,
                "on_behalf_of": row.on_behalf_of.username if row.on_behalf_of else None,
                "decision": row.decision,
                "slot": None if index is None else picture.slots[index].group,
                "at": wire_time(row.at),
                "comment": row.comment or None,
                "method": row.method,
                "signature": row.signature,
                "not_counted": picture.unproven.get(row.pk),
                "groups": row.groups,
                "void": row.void,
                "changed_fields": row.changed_fields,
                "withdrawn_at": wire_time(row.withdrawn_at),
            }
        )
    return rows
