"""What a person can do about a deployment, or why not. The POST decides again. Pure."""

from dataclasses import dataclass

from deployments.models import Deployment
from deployments.states import NEXT, PENDING, State
from insights.vocabulary import word_for
from kernel.actor import Actor
from kernel.permissions import ROLE_PERMISSIONS, Permission


@dataclass(frozen=True)
class Acts:
    """`cancel`: the form is shown; `cancel_means`: what it would do; `cancel_not`: the reason in its place.
    `outcomes`: (value, word) of the resolve form, empty where there is none; `resolve_not`: why it is not
    theirs."""

    cancel: bool
    cancel_means: str
    cancel_not: str
    outcomes: list[tuple[str, str]]
    resolve_not: str
    break_glass: bool = False  # whether the link to break the glass is shown


def acts_of(actor: Actor, row: Deployment, *, applying: bool) -> Acts:
    """`applying`: a change of AWS was already intended."""
    means, refused = _cancel(actor, row, applying)
    outcomes, not_theirs = _resolve(actor, row)
    glass = row.state in PENDING and not row.break_glass and actor.may(Permission.BREAK_GLASS)
    cannot = refused if means else ""
    return Acts(bool(means) and not refused, means, cannot, outcomes, not_theirs, glass)


def _cancel(actor: Actor, row: Deployment, applying: bool) -> tuple[str, str]:
    """(what cancelling would do, why not); nothing at all once it has ended or waits for a person."""
    if row.state in PENDING:
        means = (
            "Nothing has been changed in AWS. The request ends, its plan is removed, its votes count no more."
        )
    elif row.state == State.RUNNING:
        means = "It stops at the next safe point, before the first change in AWS."
    else:
        return "", ""
    if row.cancel_requested_at:
        return means, f"{row.cancel_requested_by} has asked already; it stops at the next safe point."
    if not _may(actor, Permission.DEPLOYMENT_CANCEL, row) and row.requested_by_tag != actor.tag:
        return means, "Whoever asked for it, its team and release managers can cancel it."
    if applying:
        return means, "AWS is already being changed; stopping in the middle would leave it half done."
    return means, ""


def _resolve(actor: Actor, row: Deployment) -> tuple[list[tuple[str, str]], str]:
    if row.state != State.NEEDS_HUMAN:
        return [], ""
    if not actor.may(Permission.DEPLOYMENT_RESOLVE):
        return [], "A release manager settles this, after looking in AWS."
    return [(state, word_for(state).text) for state in sorted(NEXT[State.NEEDS_HUMAN])], ""


def _may(actor: Actor, permission: Permission, row: Deployment) -> bool:
    team = row.release.application.team_id
    return actor.may(permission) or (team in actor.teams and permission in ROLE_PERMISSIONS["team"])
