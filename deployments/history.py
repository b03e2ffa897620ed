"""The denormalised row per deployment that the history export streams. Called by transition() and by votes."""

from builds.models import Evidence
from deployments.models import Deployment, History
from deployments.states import PENDING, State
from kernel.verdicts import wire_time

MISSING = "not recorded"


def record(deployment: Deployment) -> None:
    """Write the whole row from what is in the database now; missing data is said, never blank by accident."""
    release = deployment.release
    build = release.build
    approval = deployment.approval
    History.objects.update_or_create(
        deployment=deployment.pk,
        defaults={
            "application": deployment.application_id,
            "version": deployment.version,
            "environment": deployment.environment_id,
            "state": deployment.state,
            "kind": deployment.kind,
            "requested_by": deployment.requested_by_name,
            "requested_at": deployment.requested_at,
            "started_at": deployment.started_at,
            "ended_at": deployment.ended_at,
            "reason": deployment.reason or MISSING,
            "approvals": approvals_in_words(deployment),
            "gate_version": str(approval.gate.get("version", MISSING)) if approval else "no gate",
            "content_hash": approval.content_hash if approval else "no gate",
            "window": _window(deployment),
            "evidence": _evidence(deployment, build),
            "artifacts": "; ".join(f"{a.name} {a.digest}" for a in build.artifacts.all()) or MISSING,
            "commit": build.commit or MISSING,
            "account": deployment.environment.account.account_id,
            "region": deployment.environment.region,
            "aws_identity": (deployment.aws_identity or {}).get("arn", MISSING),
            "plan": deployment.plan_digest or MISSING,
            "tests": _tests(deployment),
            "previous_version": deployment.previous_version or MISSING,
            "rolled_back_to": deployment.rolled_back_to,
            "break_glass": deployment.break_glass,
            "outcome": _outcome(deployment),
        },
    )


def approvals_in_words(deployment: Deployment) -> str:
    """`rita (release-managers) approve 2026-…Z: comment; …`: who, group, time and comment of each standing vote."""
    if deployment.kind == "baseline":
        return "none claimed (baseline)"
    if deployment.approval is None:
        return "none needed" if deployment.state not in PENDING else MISSING
    votes = (
        deployment.approval.votes.select_related("person")
        .filter(void=False, withdrawn_at=None)
        .order_by("at", "id")
    )
    words = [
        f"{v.person.username} ({', '.join(v.groups) or MISSING}) {v.decision} {wire_time(v.at)}"
        + (f": {v.comment}" if v.comment else "")
        for v in votes
    ]
    return "; ".join(words) or "none yet"


def _window(deployment: Deployment) -> str:
    if deployment.started_at is None:
        return MISSING if deployment.kind != "baseline" else "not asked (baseline)"
    return "open at start"


def _evidence(deployment: Deployment, build) -> str:
    subjects = (f"build:{build.pk}", f"deployment:{deployment.pk}")
    rows = Evidence.objects.filter(build=build, subject__in=subjects).order_by("created_at", "id")
    return "; ".join(f"{e.id} {e.kind} {e.verdict}" for e in rows) or MISSING


def _tests(deployment: Deployment) -> str:
    rows = Evidence.objects.filter(subject=f"deployment:{deployment.pk}", kind="junit").order_by(
        "created_at", "id"
    )
    words = [
        f"{e.name}: {e.summary.get('passed', '?')}/{e.summary.get('tests', '?')} {e.verdict}" for e in rows
    ]
    return "; ".join(words) or MISSING


def _outcome(deployment: Deployment) -> str:
    if deployment.state == State.ROLLED_BACK:
        return f"rolled back to {deployment.rolled_back_to or MISSING}"
    return str(deployment.state)
