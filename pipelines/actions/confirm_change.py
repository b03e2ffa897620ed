"""Let a proposed change of configuration come into force: a second person's word."""

from dataclasses import replace

from django.db import transaction

from audit.actions.append import append
from kernel.actor import Actor, Method, require
from kernel.clock import now
from kernel.permissions import Permission
from kernel.refusals import Conflict, Denial, Forbidden, NotFound
from pipelines.actions.attempt import Attempt, attempt
from pipelines.actions.propose import Proposed, in_the_log
from pipelines.change_rules import digest
from pipelines.models import ConfigChange
from pipelines.states import ChangeState
from pipelines.subjects import get_change, set_up_since
from teams.models import ApiToken, Person
from teams.queries import actor_for_person, humans_among


@transaction.atomic
def confirm_change(*, actor: Actor, change_id: str, reason: str = "") -> Proposed:
    """The change with the object that is now in force, exactly as proposed, in the proposer's name.

    Everything is checked anew: the change itself by its own action, that its difference is still the one that was
    proposed, and that both people hold the right now. Records what the change records, and `config.changed` with
    both people. Raises Forbidden 403, also `self_approval`; NotFound; Conflict 409 `change_closed`,
    `version_conflict`, `proposer_without_right`, or what the change itself raises.
    """
    require(actor, Permission.CHANGE_CONFIRM)
    change = get_change(actor, change_id)
    _second_person(actor, change)
    _take(actor, change, reason.strip())
    tried = _as_proposed(change, request_id=actor.request_id)
    append(
        kind="config.changed",
        actor=actor,
        subject=f"change:{change.pk}",
        environment=change.environments[0],
        data={**in_the_log(change), "confirmed_by": actor.tag},
        private={"target": change.target, "reason": change.reason},
    )
    return Proposed(result=tried.result, change=change)


def _second_person(actor: Actor, change: ConfigChange) -> None:
    """Nobody confirms their own change: not by another account of theirs, nor by a token that they made for another
    administrator since the set-up."""
    own = actor.is_human and _is_one_of(actor, change)
    if not own and actor.token_id is not None:
        made = ApiToken.objects.filter(pk=actor.token_id, created_by=change.proposed_by.username)
        own = made.filter(created_at__gt=set_up_since() or change.proposed_at).exists()
    if own or not actor.is_human:
        denial = Denial("config.changed", f"change:{change.pk}", in_the_log(change))
        detail = "Another administrator must confirm this, by a login or a token that is not yours."
        raise Forbidden(detail, code="self_approval", denial=denial)


def _is_one_of(actor: Actor, change: ConfigChange) -> bool:
    """Whether the actor is the same human as who proposed it, or as who would gain a vote by it (a delegation)."""
    theirs = [change.proposed_by_id]
    if change.kind == "delegation.make":
        theirs += Person.objects.filter(username=change.request["to"]).values_list("pk", flat=True)
    humans = humans_among([actor.person_id, *theirs])
    return humans.of(actor.person_id) in {humans.of(person) for person in theirs}


def _take(actor: Actor, change: ConfigChange, reason: str) -> None:
    """The guarded step: of two confirmations at the same moment, one gets here."""
    at = now()
    held = ConfigChange.objects.filter(pk=change.pk, state=ChangeState.PENDING, expires_at__gt=at)
    taken = {"state": ChangeState.CONFIRMED, "decided_by_id": actor.person_id, "decided_at": at}
    if not held.update(**taken, reason=reason):
        raise closed(change)
    change.refresh_from_db()


def _as_proposed(change: ConfigChange, *, request_id: str | None) -> Attempt:
    """Do it again, in the proposer's name and with the rights they have now."""
    person = change.proposed_by
    record = change.proposed_via
    proposer = actor_for_person(
        person, method=Method(record["method"]), ip=record["ip"], request_id=request_id
    )
    proposer = replace(proposer, token_id=record["token_id"])
    if not person.is_active:
        raise _without_right(change)
    try:
        tried = attempt(proposer, change.kind, change.request)
    except Forbidden as error:
        raise _without_right(change) from error
    except NotFound as error:
        raise _moved(change) from error
    if digest(tried.diff) != digest(change.diff) or tried.base != change.base:
        raise _moved(change)
    return tried


def closed(change: ConfigChange) -> Conflict:
    """409: somebody decided it, or its time is over."""
    state = ConfigChange.objects.values_list("state", flat=True).get(pk=change.pk)
    state = ChangeState.EXPIRED if state == ChangeState.PENDING else state
    return Conflict(f"This change is {state} already.", code="change_closed", state=str(state))


def _moved(change: ConfigChange) -> Conflict:
    detail = f"{change.target} changed after this was proposed: look at it and propose it again."
    return Conflict(detail, code="version_conflict")


def _without_right(change: ConfigChange) -> Conflict:
    detail = f"{change.proposed_by.username} may not make this change any more: somebody who may proposes it again."
    return Conflict(detail, code="proposer_without_right")
