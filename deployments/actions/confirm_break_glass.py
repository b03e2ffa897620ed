"""A second release manager agrees to a break-glass, where the environment asks for two."""

from django.db import transaction

from audit.actions.append import append
from deployments.lease import poke
from deployments.models import BreakGlass
from deployments.queries import get_break_glass, had_a_hand
from kernel.actor import Actor, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Denial, Forbidden


class NotWaiting(Conflict):
    code = "not_open"
    title = "It does not wait for a second person"


@transaction.atomic
def confirm_break_glass(*, actor: Actor, review_id: str) -> BreakGlass:
    """From now on its checks are skipped. Whoever asked for it, by any account, is not a second person.

    Records `break_glass.confirmed`. Raises NotFound; Forbidden (`separation_of_duties`); Conflict `not_open`.
    """
    row = get_break_glass(actor, review_id)
    require(actor, Permission.BREAK_GLASS)
    where = {
        "subject": f"deployment:{row.deployment_id}",
        "environment": row.deployment.environment_id,
        "application": row.deployment.application_id,
    }
    if not actor.is_human:
        raise Forbidden("Only a person breaks the glass.", code="human_required")
    relation = had_a_hand(actor, row)
    if relation is not None:
        data = {"review": row.pk, "code": "separation_of_duties", "relation": relation}
        raise Forbidden(
            "Somebody who had no hand in it confirms.",
            code="separation_of_duties",
            relation=relation,
            denial=Denial(kind="break_glass.confirmed", data=data, **where),
        )
    at = now()
    held = BreakGlass.objects.filter(pk=row.pk, needs=2, confirmed_at=None, until__gt=at)
    if held.update(confirmed_by_id=actor.person_id, confirmed_at=at) != 1:
        raise NotWaiting("It needs nobody else, was confirmed before, or its time is over.")
    append(kind="break_glass.confirmed", actor=actor, data={"review": row.pk}, **where)
    poke(row.deployment_id)
    return get_break_glass(actor, review_id)
