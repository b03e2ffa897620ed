"""What changed after somebody had voted: the bound fields by name, with what stood and what stands there. Pure."""

from approvals.models import ApprovalRequest, Vote

LABELS = {
    "application": "Application",
    "version": "Version",
    "artifacts": "Artifacts",
    "environment": "Environment",
    "account": "Account",
    "region": "Region",
    "role_arn": "Deploy role",
    "target_kind": "Kind of target",
    "parameters": "Parameters",
    "plan_digest": "Plan",
    "pipeline_version": "Pipeline version",
    "test_specs": "Tests",
    "gate_version": "Gate version",
}


def fields_in_words(names: list[str]) -> str:
    """`Parameters and Pipeline version`."""
    words = [LABELS.get(name, name.replace("_", " ")) for name in names]
    return (
        " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words) or "what was approved"
    )


def void_rows(approval: ApprovalRequest, votes: list[Vote]) -> list[dict]:
    """{vote, fields, changes: [{label, before, after}]} of each void vote, the newest first."""
    return [_row(approval, vote) for vote in reversed(votes)]


def _row(approval: ApprovalRequest, vote: Vote) -> dict:
    old, new = approval.past_subjects.get(vote.content_hash) or {}, approval.subject
    changes = []
    for name in vote.changed_fields:
        for label, before, after in _pairs(LABELS.get(name, name), old.get(name), new.get(name)):
            changes.append({"label": label, "before": before, "after": after})
    return {"vote": vote, "fields": fields_in_words(vote.changed_fields), "changes": changes}


def _pairs(label: str, old, new) -> list[tuple[str, str, str]]:
    """One line, or one for each member that differs, however deep; none for what went and came back."""
    old, new = _named(old), _named(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            pair
            for name in sorted({*old, *new})
            for pair in _pairs(f"{label}, {name}", old.get(name), new.get(name))
        ]
    return [] if old == new else [(label, _text(old), _text(new))]


def _named(value):
    rows = isinstance(value, list) and value and all(isinstance(row, dict) for row in value)
    return {row.get("name", "?"): row.get("digest") for row in value} if rows else value


def _text(value) -> str:
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value) or "none"
    text = "none" if value is None else str(value)
    return f"{text[:19]}…" if text.startswith("sha256:") else text
