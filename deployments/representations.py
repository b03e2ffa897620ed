"""Deployments as the API shows them."""

from django.conf import settings

from approvals.representations import summary
from approvals.states import ApprovalState
from deployments.models import BreakGlass, Deployment, Export
from deployments.states import TERMINAL, State, StepState
from kernel.clock import raw_now
from kernel.verdicts import wire_time


def full(row: Deployment) -> dict:
    """The body of `GET /deployments/{id}`, from a row read by queries.get_visible."""
    return {
        "id": row.pk,
        "application": row.application_id,
        "version": row.version,
        "environment": row.environment_id,
        "kind": row.kind,
        "state": row.state,
        "waiting_for": row.waiting_for or None,
        "requested_by": row.requested_by_name,
        "requested_at": wire_time(row.requested_at),
        "started_at": wire_time(row.started_at),
        "ended_at": wire_time(row.ended_at),
        "not_before": wire_time(row.not_before),
        "reason": row.reason or None,
        "parameters": row.parameters,
        "break_glass": row.break_glass,
        "review": _review(row),
        "expedited": row.expedited,
        "skipped_stages": row.skipped_stages,
        "reasons": row.reasons,
        "checks": row.checks,
        "approval": summary(row.approval) if row.approval else None,
        "plan": plan(row),
        "steps": [
            step(one, over=row.state in TERMINAL) for one in sorted(row.steps.all(), key=lambda one: one.seq)
        ],
        "aws_identity": row.aws_identity,
        "previous_version": row.previous_version or None,
        "rolled_back_to": row.rolled_back_to or None,
        "superseded_by": row.superseded_by_id,
        "baseline": row.kind == "baseline",
        "cancel_requested_at": wire_time(row.cancel_requested_at),
        "withdrawn_while_running": row.withdrawn_while_running,
        "pipeline_version": row.pipeline_version.number if row.pipeline_version else None,
        "in_force": in_force(row),
        "links": {"html": f"{settings.PUBLIC_URL}/deployments/{row.pk}"},
    }


def in_force(row: Deployment) -> dict | None:
    """What it was started under, each rule by its version, and who was in the groups that its keys are of; None before
    a start. Members that an older record does not hold are null: not recorded."""
    record = row.start_record
    if not record:
        return None
    return {
        "gate": record.get("gate"),
        "members": record.get("members"),
        "roles": record.get("roles"),
        "pipeline_version": row.pipeline_version.number if row.pipeline_version else None,
        "windows": record["calendar"]["windows"],
        "freezes": record["calendar"]["freezes"],
    }


def _review(row: Deployment) -> dict | None:
    """The review that its newest break-glass makes compulsory."""
    found = row.bypasses.order_by("-opened_at").first() if row.break_glass else None
    if found is None:
        return None
    at = wire_time(found.reviewed_at)
    return {"id": found.pk, "due_at": wire_time(found.due_at), "reviewed_at": at, "drill": found.drill}


def break_glass(row: BreakGlass) -> dict:
    """An item of `GET /break-glass`."""
    confirmed, reviewed = row.confirmed_by, row.reviewed_by
    return {
        "id": row.pk,
        "deployment": row.deployment_id,
        "application": row.deployment.application_id,
        "version": row.deployment.version,
        "environment": row.deployment.environment_id,
        "deployment_state": row.deployment.state,
        "reason": row.reason,
        "incident": row.incident,
        "skip": row.skip,
        "until": wire_time(row.until),
        "drill": row.drill,
        "needs": row.needs,
        "opened_by": row.opened_by.username,
        "opened_at": wire_time(row.opened_at),
        "confirmed_by": confirmed.username if confirmed else None,
        "due_at": wire_time(row.due_at),
        "reviewed_by": reviewed.username if reviewed else None,
        "reviewed_at": wire_time(row.reviewed_at),
        "finding": row.finding or None,
        "links": {"html": f"{settings.PUBLIC_URL}/break-glass/{row.pk}"},
    }


def brief(row: Deployment) -> dict:
    """An item of `GET /deployments`."""
    return {
        "id": row.pk,
        "application": row.application_id,
        "version": row.version,
        "environment": row.environment_id,
        "kind": row.kind,
        "state": row.state,
        "waiting_for": row.waiting_for or None,
        "requested_by": row.requested_by_name,
        "requested_at": wire_time(row.requested_at),
        "started_at": wire_time(row.started_at),
        "ended_at": wire_time(row.ended_at),
        "break_glass": row.break_glass,
        "expedited": row.expedited,
        "reasons": row.reasons,
        "baseline": row.kind == "baseline",
        "superseded_by": row.superseded_by_id,
        "rolled_back_to": row.rolled_back_to or None,
        "links": {"html": f"{settings.PUBLIC_URL}/deployments/{row.pk}"},
    }


def plan(row: Deployment) -> dict:
    """`digest` is null only while nothing was computed."""
    return {"state": row.plan_state, "digest": row.plan_digest or None, "changes": row.plan_changes}


def step(row, *, over: bool = False) -> dict:
    """`over`: its deployment has ended, so what was still to come is not to come any more."""
    skipped = over and row.state in (StepState.PENDING, StepState.WAITING)
    return {
        "kind": row.kind,
        "state": StepState.SKIPPED if skipped else row.state,
        "started_at": wire_time(row.started_at),
        "ended_at": wire_time(row.ended_at),
        "detail": row.detail or None,
    }


def lane(row) -> dict:
    """An item of `GET /board`. Nothing has been read from AWS by schedule yet: `observed` says so."""
    return {
        "application": row.application_id,
        "environment": row.environment_id,
        "version": row.version or None,
        "deployment": row.deployment_id,
        "since": wire_time(row.since),
        "in_progress": row.in_progress_id,
        "observed": None,
        "drift": "unknown",
    }


def past_lane(row: Deployment) -> dict:
    """The same for an instant in the past; neither release is known to run after a failed rollback."""
    return {
        "application": row.application_id,
        "environment": row.environment_id,
        "version": row.version if row.state == State.SUCCEEDED else None,
        "deployment": row.pk,
        "since": wire_time(row.ended_at),
        "in_progress": None,
        "observed": None,
        "drift": "unknown",
    }


def needs_a_person(row: Deployment) -> bool:
    """What a long poll returns for: it ended, or somebody must act. With every key given it only has to start."""
    if row.state == State.NEEDS_APPROVAL:
        return row.approval is None or row.approval.state != ApprovalState.SATISFIED
    return row.state in TERMINAL or row.state == State.NEEDS_HUMAN


def export(row: Export) -> dict:
    """A large export; `links.file` once there is a file, for as long as it is kept."""
    state = _state_of_export(row)
    address = f"/api/v1/audit/exports/{row.pk}"
    return {
        "id": row.pk,
        "state": state,
        "format": row.format,
        "filter": {name: value for name, value in row.filters.items() if value is not None},
        "rows": row.rows,
        "size": row.size,
        "digest": row.digest or None,
        "problem": row.problem or None,
        "requested_at": wire_time(row.asked_at),
        "ended_at": wire_time(row.ended_at),
        "expires_at": wire_time(row.expires_at),
        "links": {"self": address, "file": f"{address}/file" if state == "done" else None},
    }


def _state_of_export(row: Export) -> str:
    if row.ended_at is None:
        return "running" if row.lease_until else "queued"
    if row.expires_at <= raw_now():
        return "expired"
    return "done" if row.digest else "failed"
