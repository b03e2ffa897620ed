"""The decision: do I put my name to this change, now? Never live-updated; a stale page is refused."""

from django.shortcuts import render

from approvals import gate, queries
from approvals.rules import VoteFacts, may_vote
from approvals.states import TAKES_VOTES, Decision
from deployments.changes import changes_for, running_release
from deployments.decision import decide, with_everything
from deployments.models import Deployment
from insights.facts import change_rows, checks_of, commit_rows, evidence_rows, key_rows, red_facts
from kernel.clock import now
from kernel.drafts import take_draft
from kernel.refusals import NotFound
from pipelines.matching import slots_of
from pipelines.queries import next_opening_for


def approval(request, approval_id: str):
    """One screen: the sentence, the red facts, the keys, what changes, the evidence, the window, the answer."""
    row = queries.get_visible(request.actor, approval_id)
    deployment = with_everything(Deployment.objects.filter(pk=row.deployment)).first()
    if deployment is None:
        raise NotFound()
    context = picture(request, row, deployment) | {"nav_active": "inbox", "data_width": "narrow"}
    return render(request, "insights/approval.html", context)


def picture(request, row, deployment) -> dict:
    at = now()
    running = running_release(deployment.application_id, deployment.environment_id)
    changes = changes_for(deployment.release, deployment.environment_id)
    keys = gate.people(row, at).keys
    verdict = decide(deployment, request.actor, at)
    evidence = evidence_rows(deployment)
    own = row.votes.filter(person_id=request.actor.person_id, void=False, withdrawn_at=None).first()
    return {
        "approval": row,
        "deployment": deployment,
        "environment": deployment.environment,
        "running": running.version if running else None,
        "direction": changes.direction,
        "red": red_facts(deployment, changes, evidence, row, request.actor),
        "keys": key_rows(row, keys),
        "filled": sum(len(key.filled_by) for key in keys),
        "total": sum(key.count for key in keys),
        "checks": checks_of(verdict),
        "changes": change_rows(deployment.plan_changes),
        "plan_state": deployment.plan_state,
        "commits": commit_rows(changes),
        "commits_warning": warning_of(changes),
        "artifacts": list(deployment.release.build.artifacts.all()),
        "evidence": evidence,
        "opening": next_opening_for(
            deployment.environment, deployment.application_id, at, zone=str(request.zone)
        ),
        "own": own,
        "open": row.state in TAKES_VOTES,
        "cannot": refusal_beforehand(request.actor, row, own, at),
        "draft": take_draft(request, f"/approvals/{row.pk}/vote"),
        "relations": sorted(gate.names_of(row.relations).items()),
    }


def refusal_beforehand(actor, row, own, at) -> str | None:
    """Why this person cannot vote, where it is known before they try; the same rule judges the vote itself."""
    facts = VoteFacts(
        decision=Decision.APPROVE,
        content_hash=row.content_hash,
        comment="said when it is sent",
        is_human=actor.is_human,
        person=actor.person_id,
        emails=actor.emails,
        groups=actor.groups,
        state=row.state,
        at=at,
        expires_at=row.expires_at,
        valid_until=row.valid_until,
        superseded_by=row.superseded_by,
        current_hash=row.content_hash,
        changed_fields=(),
        has_vote=own is not None,
        relations=gate.related(row.relations),
        slots=tuple(slots_of(row.gate["slots"])),
        gate_exclude=frozenset(row.gate["exclude"]),
        gate_comment="optional",
        gate_step_up=row.gate["step_up"],
    )
    found = may_vote(facts)
    return found.detail if found else None


def warning_of(changes) -> str | None:
    """Nothing supplied is never shown as nothing changed (A11)."""
    if changes.state == "not_supplied":
        return "The change list was not supplied: the builds in between came without their commits."
    if changes.state == "unknown":
        return f"The change list is incomplete: {', '.join(changes.missing)} came without commits."
    return None
