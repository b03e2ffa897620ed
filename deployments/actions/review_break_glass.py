"""Somebody who had no hand in a break-glass writes down what they found."""

from django.db import transaction

from audit.actions.append import append
from deployments import history
from deployments.models import BreakGlass
from deployments.queries import get_break_glass, had_a_hand, may_review
from deployments.states import TERMINAL
from kernel.actor import Actor
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Denial, Forbidden, Invalid
from pipelines.secrets import find_secret


class NotReviewable(Conflict):
    code = "already_reviewed"
    title = "It cannot be reviewed now"


@transaction.atomic
def review_break_glass(*, actor: Actor, review_id: str, finding: str) -> BreakGlass:
    """Reviewed, once, after the deployment has ended. Records `break_glass.reviewed`; the history says it.

    Raises NotFound; Forbidden (`separation_of_duties` for whoever asked, confirmed, built or wrote it);
    Conflict `already_reviewed`, `not_ended`; Invalid `finding_required`, `secret_in_text`.
    """
    row = get_break_glass(actor, review_id)
    _check(actor, row, finding)
    at = now()
    held = BreakGlass.objects.filter(pk=row.pk, reviewed_at=None)
    if held.update(reviewed_by_id=actor.person_id, reviewed_at=at, finding=finding.strip()) != 1:
        raise NotReviewable("It was reviewed before.")
    append(
        kind="break_glass.reviewed",
        actor=actor,
        data={"review": row.pk, "late": at > row.due_at, "drill": row.drill},
        private={"finding": finding.strip()},
        **_where(row),
    )
    history.record(row.deployment)
    return get_break_glass(actor, review_id)


def _where(row: BreakGlass) -> dict:
    return {
        "subject": f"deployment:{row.deployment_id}",
        "environment": row.deployment.environment_id,
        "application": row.deployment.application_id,
    }


def _check(actor: Actor, row: BreakGlass, finding: str) -> None:
    if not may_review(actor, row):
        text = f"A release manager (the permission {Permission.BREAK_GLASS}) or an owner reviews it."
        raise Forbidden(text, missing_permission=str(Permission.BREAK_GLASS))
    relation = had_a_hand(actor, row)
    if relation is not None:
        data = {"review": row.pk, "code": "separation_of_duties", "relation": relation}
        raise Forbidden(
            "Whoever asked for it, built it or wrote it does not review it.",
            code="separation_of_duties",
            relation=relation,
            denial=Denial(kind="break_glass.reviewed", data=data, **_where(row)),
        )
    if row.reviewed_at is not None:
        raise NotReviewable("It was reviewed before.")
    if not finding.strip():
        detail = "Write down what you found."
        raise Invalid(errors=[{"pointer": "/finding", "code": "finding_required", "detail": detail}])
    if find_secret({"finding": finding}) is not None:
        detail = "This looks like a secret; it would stay on record."
        raise Invalid(errors=[{"pointer": "/finding", "code": "secret_in_text", "detail": detail}])
    if row.deployment.state not in TERMINAL:
        raise NotReviewable(
            f"Its deployment is {row.deployment.state}: nothing to judge yet.", code="not_ended"
        )
