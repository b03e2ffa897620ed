"""Withdraw a build or a release: what waits ends as withdrawn, what runs is marked and not killed."""

from django.db import transaction

from builds.actions.withdraw import withdraw_build as mark_build
from deployments.decision import with_everything
from deployments.lease import poke
from deployments.models import Deployment
from deployments.states import HOLDS_LANE, PENDING, State
from deployments.transition import transition
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import LostRace
from releases.actions.withdraw import withdraw_release as mark_release
from releases.models import Release


@transaction.atomic
def withdraw_release(*, actor: Actor, application: str, version: str, reason: str) -> Release:
    release = mark_release(actor=actor, application_name=application, version=version, reason=reason)
    _end(release, actor, reason)
    return release


@transaction.atomic
def withdraw_build(*, actor: Actor, build_id: str, reason: str):
    build = mark_build(actor=actor, build_id=build_id, reason=reason)
    release = Release.objects.filter(build=build).first()
    if release is not None:
        _end(release, actor, reason)
    return build


def _end(release: Release, actor: Actor, reason: str) -> None:
    at = now()
    pending = Deployment.objects.filter(release=release, state__in=PENDING)
    ended = []
    for row in with_everything(pending).order_by("id"):
        try:
            with transaction.atomic():
                transition(row, State.WITHDRAWN, actor=actor, at=at, why=reason)
        except LostRace:
            pass  # a worker moved it just now: decide() denies it at the next look, in any case before a start
        ended.append(row.pk)
    Deployment.objects.filter(release=release, state__in=HOLDS_LANE).update(withdrawn_while_running=True)
    poke(*ended)
