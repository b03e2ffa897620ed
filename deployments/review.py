"""What a person is shown before they decide, as data: its digest stands in what their passkey signs. Pure over rows.

Only what the decision is about: the same content gives the same digest, whoever looks and whoever has voted.
"""

from releases.changes import ChangeList

VERSION = 1


def shown_model(deployment, changes: ChangeList, replaces: str) -> dict:
    """The model of the decision page: subject and its hash, what would change, what it replaces, the commits."""
    approval = deployment.approval
    return {
        "v": VERSION,
        "approval": approval.pk,
        "content_hash": approval.content_hash,
        "subject": approval.subject,
        "replaces": replaces,
        "plan": {"state": deployment.plan_state, "changes": deployment.plan_changes},
        "commits": {"state": changes.state, "shas": [commit["sha"] for commit in changes.commits]},
        "reason": deployment.reason,
    }
