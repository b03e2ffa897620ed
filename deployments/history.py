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
            "eligibility": eligibility_in_words(deployment),
            "gate_version": str(approval.gate.get("version", MISSING)) if approval else "no gate",
            "content_hash": approval.content_hash if approval else "no gate",
            "window": window_in_words(deployment),
            "evidence": _evidence(deployment, build),
            "artifacts": "; ".join(f"{a.name} {a.digest}" for a in build.artifacts.all()) or MISSING,
            "commit": build.commit or MISSING,
            "account": deployment.environment.account.account_id,
            "region": deployment.environment.region,
            "aws_identity": (deployment.aws_identity or {}).get("arn", MISSING),
            "plan": deployment.plan_digest or MISSING,
            "tests": _tests(deployment),
            "previous_version": deployment.previous_version or MISSING,
            "rolled_back_to": deployment.rolled_back_to or "not rolled back",
            "break_glass": deployment.break_glass,
            "review": review_in_words(deployment),
            "expedited": expedited_in_words(deployment),
            "outcome": _outcome(deployment),
            **_ids(deployment),
        },
    )


def _ids(deployment: Deployment) -> dict:
    """What never changes its name."""
    pipeline = deployment.pipeline_version
    return {
        "release": deployment.release_id,
        "build": deployment.release.build_id,
        "approval": deployment.approval_id or "no gate",
        "requester": deployment.requested_by_tag or MISSING,
        "pipeline_version": str(pipeline.number) if pipeline else MISSING,
    }


def approvals_in_words(deployment: Deployment) -> str:
    """`rita (release-managers) approve 2026-…Z: comment; …`: who, group, time and comment of each standing vote."""
    if deployment.kind == "baseline":
        return "none claimed (baseline)"
    if deployment.approval is None:
        return "none needed" if deployment.state not in PENDING else MISSING
    words = [
        f"{_who(v)} ({', '.join(v.groups) or MISSING}) {v.decision} {wire_time(v.at)}"
        + (f": {v.comment}" if v.comment else "")
        for v in _standing(deployment)
    ]
    return "; ".join(words) or "none yet"


def review_in_words(deployment: Deployment) -> str:
    """`rita, INC-7, skipped people: why; reviewed by omar 2026-…Z: what was found`, or `review open until …`."""
    if not deployment.break_glass:
        return "none needed"
    rows = deployment.bypasses.select_related("opened_by", "reviewed_by").order_by("opened_at")
    return "; ".join(_bypass_in_words(row) for row in rows) or MISSING


def expedited_in_words(deployment: Deployment) -> str:
    """`yes, skipped staging`, or `no`."""
    return f"yes, skipped {', '.join(deployment.skipped_stages)}" if deployment.expedited else "no"


def _bypass_in_words(row) -> str:
    kind = "drill of " if row.drill else ""
    asked = f"{kind}{row.opened_by.username}, {row.incident}, skipped {', '.join(row.skip)}: {row.reason}"
    if row.reviewed_at is None:
        return f"{asked}; review open until {wire_time(row.due_at)}"
    found = f"reviewed by {row.reviewed_by.username} {wire_time(row.reviewed_at)}: {row.finding}"
    return f"{asked}; {found}"


def eligibility_in_words(deployment: Deployment) -> str:
    """`rita (release-managers) filled release-managers; kept out: requester, author`: why each vote counted, by the
    groups of that moment and the key it filled at the start; and whom the gate let fill none."""
    approval = deployment.approval
    if approval is None:
        return approvals_in_words(deployment)
    keys = (deployment.start_record or {}).get("keys", ())
    seats = {name: key["group"] for key in keys for name in key["filled_by"]}
    words = [
        f"{_who(vote)} ({', '.join(vote.groups) or MISSING})"
        + (f" filled {seats[vote.person.username]}" if vote.person.username in seats else "")
        for vote in _standing(deployment)
    ]
    return "; ".join([*words, "kept out: " + (", ".join(approval.gate.get("exclude") or ()) or "nobody")])


def window_in_words(deployment: Deployment) -> str:
    """`open: window Nights (win_… version 3)`: what the calendar rested on when it started, as it was then."""
    if deployment.kind == "baseline":
        return "not asked (baseline)"
    if deployment.started_at is None or not deployment.start_record:
        return MISSING
    found = deployment.start_record["calendar"]
    opened = [f"window {_versioned(row)}" for row in found["windows"]]
    if not opened:
        opened = ["open by default, no window names it"] if found["default_open"] else ["no window"]
    frozen = [
        f"freeze {_versioned(row)} {'in force' if row['stops'] else 'in force, does not stop this'}"
        for row in found["freezes"]
    ]
    return f"{'open' if found['open'] else 'closed'}: " + "; ".join(opened + frozen)


def _versioned(row: dict) -> str:
    return f"{row['name']} ({row['id']} version {row['version']})"


def _who(vote) -> str:
    """`olga for omar` where she voted in his place."""
    name = vote.person.username
    return f"{name} for {vote.on_behalf_of.username}" if vote.on_behalf_of else name


def _standing(deployment: Deployment):
    votes = deployment.approval.votes.filter(void=False, withdrawn_at=None)
    return votes.select_related("person", "delegation__principal").order_by("at", "id")


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
