"""Hand a person the statement to sign for their vote, over what the decision page shows them at this instant."""

from approvals.actions.issue_statement import Issued, issue_statement
from approvals.queries import get_visible
from deployments.changes import changes_for, running_release
from deployments.decision import with_everything
from deployments.models import Deployment
from deployments.review import shown_model
from kernel.actor import Actor
from kernel.clock import now


def prepare_vote(*, actor: Actor, request_id: str, decision: str, content_hash: str) -> Issued:
    """Raises what issue_statement() raises."""
    request = get_visible(actor, request_id)
    deployment = with_everything(Deployment.objects.filter(pk=request.deployment)).get()
    running = running_release(deployment.application_id, deployment.environment_id)
    shown = shown_model(
        deployment,
        changes_for(deployment.release, deployment.environment_id),
        running.version if running else "",
    )
    return issue_statement(
        actor=actor,
        request_id=request_id,
        decision=decision,
        content_hash=content_hash,
        shown=shown,
        at=now(),
    )
