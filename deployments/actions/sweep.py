"""Find what is due: the sweep alone finishes everything, with no broker and no bell (product invariant 6)."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from approvals.actions.expire import expire_due
from approvals.actions.remind import remind_due
from deployments.lease import poke
from deployments.models import Deployment, Export
from deployments.states import PENDING
from kernel.clock import now, raw_now
from pipelines.actions.expire_changes import expire_changes
from pipelines.models import ConnectionTest
from teams.actions.end_delegation import end_overdue

MOST = 500


def due(pools: tuple[str, ...] | None, limit: int = MOST) -> list[str]:
    """Ids of deployments that are due and held by nobody, in request order. `pools` None: all."""
    at = raw_now()
    rows = Deployment.objects.filter(next_attempt_at__lte=at).filter(
        Q(lease_until=None) | Q(lease_until__lt=at)
    )
    if pools is not None:
        rows = rows.filter(environment__account__pool__in=pools)
    return list(rows.order_by("requested_at", "id").values_list("pk", flat=True)[:limit])


def due_tests(pools: tuple[str, ...] | None) -> list[str]:
    """Ids of connection tests that somebody waits for and no worker has taken. `pools` None: all."""
    rows = ConnectionTest.objects.filter(taken_by="", answer__isnull=True, expires_at__gt=raw_now())
    if pools is not None:
        rows = rows.filter(account__pool__in=pools)
    return list(rows.order_by("asked_at", "id").values_list("pk", flat=True))


def due_exports() -> list[str]:
    """Ids of exports that are not ended and that nobody works on, oldest first. Any worker may make them."""
    rows = Export.objects.filter(ended_at__isnull=True)
    rows = rows.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=raw_now()))
    return list(rows.order_by("asked_at", "id").values_list("pk", flat=True))


def next_due(pools: tuple[str, ...] | None) -> datetime | None:
    """When the next deployment of these pools will be due (raw clock), or None."""
    rows = Deployment.objects.filter(next_attempt_at__isnull=False)
    if pools is not None:
        rows = rows.filter(environment__account__pool__in=pools)
    return rows.order_by("next_attempt_at").values_list("next_attempt_at", flat=True).first()


def sweep() -> int:
    """Expire lapsed approvals and proposals, remind of open ones, ring for what is due; how many bells were rung.

    Two transactions: an approval's lock is never held while a deployment's is taken. Dying between them loses
    nothing, because a waiting deployment is asked again by itself.
    """
    at = now()
    expire_changes(at)
    end_overdue(at)
    remind_due(at)
    ids = list(dict.fromkeys([*expire_due(at), *due(None)]))
    with transaction.atomic():
        poke(*ids)
    return len(ids)


def expire() -> int:
    """Expire lapsed approvals and proposals and remind of open ones; the lapsed ones' deployments are due now.
    Transactions as in sweep()."""
    at = now()
    expire_changes(at)
    remind_due(at)
    ids = expire_due(at)
    with transaction.atomic():
        poke(*ids)
    return len(ids)


@transaction.atomic
def sweep_build(build_id: str) -> int:
    """An artifact of this build was just verified (or not): its waiting deployments are due now."""
    rows = Deployment.objects.filter(release__build_id=build_id, state__in=PENDING).values_list(
        "pk", flat=True
    )
    ids = list(rows)
    poke(*ids)
    return len(ids)
