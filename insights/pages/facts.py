"""What the decision, release and deployment pages say about one deployment. Reads, writes nothing."""

from django.conf import settings
from django.utils import timezone

from approvals.queries import kept_out
from builds.models import Evidence
from deployments.models import Deployment
from kernel.verdicts import Verdict

LABELS = {
    "artifact": "Artifacts are what was handed over",
    "order": "Promotion order",
    "standards": "Standards",
    "plan": "Plan",
    "people": "People",
    "window": "Window",
    "lane": "Lane",
}
STEP_LABELS = {
    "verify-artifacts": "Verify artifacts",
    "plan": "Plan",
    "gate": "Approval",
    "window": "Window",
    "lane": "Lane",
    "apply": "Apply",
    "test": "Test",
    "bake": "Bake",
    "rollback": "Roll back",
}
DANGER = {"Remove": 0}


def checks_of(verdict: Verdict) -> list[dict]:
    """Every check with its reasons, in the fixed order."""
    return [
        {"name": c.name, "label": LABELS[c.name], "state": str(c.state), "reasons": c.reasons}
        for c in verdict.checks
    ]


def change_rows(changes: list[dict]) -> list[dict]:
    """Deletions first, then replacements, then the rest."""

    def danger(change: dict) -> tuple:
        replaced = {"True": 1, "Conditional": 2}.get(change.get("replacement") or "", 3)
        return (DANGER.get(change["action"], replaced), change["action"], change["logical_id"])

    rows = sorted(changes, key=danger)
    return [
        {**row, "details": [{"path": name} for name in row.get("properties", []) if name]}
        for row in rows[:200]
    ]


def commit_rows(changes) -> list[dict]:
    return [
        {
            "sha": commit["sha"],
            "title": (commit.get("message") or "(no message)").splitlines()[0][:200],
            "author": ", ".join(commit["authors"]) or "author not given",
            "ticket": commit.get("ticket"),
        }
        for commit in changes.commits[:100]
    ]


def evidence_rows(deployment: Deployment) -> list[dict]:
    """The latest of each kind and name, of the build and of this deployment's own tests."""
    subjects = [f"build:{deployment.release.build_id}", f"deployment:{deployment.pk}"]
    latest = {}
    for row in Evidence.objects.filter(subject__in=subjects).order_by("created_at", "id"):
        latest[(row.subject, row.kind, row.name)] = row
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "verdict": row.verdict,
            "words": evidence_in_words(row),
            "at": row.created_at,
            "own": row.subject.startswith("deployment:"),
        }
        for row in latest.values()
    ]


def evidence_in_words(row: Evidence) -> str:
    """Numbers, or that there are none."""
    summary = row.summary
    if row.kind == "junit" and summary.get("tests"):
        skipped = f", {summary['skipped']} skipped" if summary.get("skipped") else ""
        bad = summary.get("failed", 0) + summary.get("errors", 0)
        failed = f", {bad} failed" if bad else ""
        return f"{summary['passed']} of {summary['tests']} passed{failed}{skipped}"
    if row.kind == "coverage" and summary.get("lines_total"):
        return f"{summary['line_rate'] * 100:.1f} % of {summary['lines_total']} lines"
    return "holds nothing that was evaluated"


def red_facts(deployment: Deployment, changes, evidence: list[dict], request, actor) -> list[dict]:
    """Only what should stop a tired person for a moment."""
    found = []
    plan = deployment.plan_changes
    removed = [c["logical_id"] for c in plan if c["action"] == "Remove"]
    replaced = [c["logical_id"] for c in plan if c.get("replacement") in ("True", "Conditional")]
    if removed:
        found.append(_fact("trash-2", f"{len(removed)} deleted", removed))
    if replaced:
        found.append(_fact("replace", f"{len(replaced)} replaced: what it holds may be lost", replaced))
    failing = [row["name"] for row in evidence if row["verdict"] in ("fail", "warn")]
    if failing:
        found.append(_fact("circle-x", "Evidence does not pass", failing))
    if not any(row["kind"] == "junit" for row in evidence):
        found.append(_fact("file-question", "No test report was handed over", []))
    if changes.state != "supplied":
        found.append(_fact("git-commit-horizontal", "The change list is not complete", []))
    if changes.direction == "rollback":
        found.append(_fact("undo-2", "This release is older than what runs there", []))
    relation = kept_out(actor, request)
    if relation:
        found.append(_fact("user-x", f"You are the {relation} of this change", []))
    return found


def _fact(icon: str, text: str, names: list[str]) -> dict:
    return {"icon": icon, "text": text, "more": ", ".join(names[:8])}


def key_rows(request, keys) -> list[dict]:
    """Slots for components/keys.html, with the votes that fill them."""
    votes = {
        v.person.username: v
        for v in request.votes.select_related("person").filter(void=False, withdrawn_at=None)
    }
    return [
        {
            "group": key.group,
            "filled_by": [
                {"by": name, "at": votes[name].at, "comment": votes[name].comment}
                for name in key.filled_by
                if name in votes
            ],
            "open_places": range(key.count - len(key.filled_by)),
            "candidates": key.can_fill,
        }
        for key in keys
    ]


def step_rows(deployment: Deployment) -> list[dict]:
    rows = []
    for step in sorted(deployment.steps.all(), key=lambda one: one.seq):
        end = step.ended_at
        seconds = (end - step.started_at).total_seconds() if step.started_at and end else None
        rows.append(
            {
                "kind": step.kind,
                "label": STEP_LABELS.get(step.kind, step.kind),
                "state": step.state,
                "seconds": seconds,
                "detail": step.detail,
            }
        )
    return rows


def zone_name(request) -> str:
    return str(
        getattr(request, "zone", None) or settings.DEFAULT_VIEWER_ZONE or timezone.get_current_timezone_name()
    )
