"""Claim, renew, release: at most one worker advances a deployment, by the database's raw clock.

A lease is taken by one conditional UPDATE and numbered; every later write of its holder is fenced by that number,
so a worker that slept through its lease writes nothing (requirement E05).
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Case, DateTimeField, F, Q, Value, When

from deployments.models import Deployment
from kernel.bell import ring
from kernel.clock import DatabaseNow, raw_now
from kernel.refusals import LostRace


@dataclass(frozen=True)
class Lease:
    epoch: int
    until: datetime  # as claimed; also what next_attempt_at was set to, so that a poke meanwhile can be seen
    failures: int = 0  # looks in a row before this one that ended in an error of ours


def claim(deployment_id: str, worker: str, *, pools: tuple[str, ...] | None) -> Lease | None:
    """Take the lease, or None if another worker holds it, nothing is due, or its account is not of `pools`.

    `pools`: what the caller's process serves, None: every one. A bell may be forged or lie in the wrong queue; only a
    worker of the account's pool holds its credentials, and no other may touch the row.

    Until the lease is given back the row is due again only when the lease would have run out: that is what
    brings a deployment back whose worker died.
    """
    row = Deployment.objects.filter(pk=deployment_id)
    wanted = ("lease_epoch", "failures", "read_at", "environment__account__pool")
    read = row.annotate(read_at=DatabaseNow()).values_list(*wanted).first()
    if read is None:
        return None
    epoch, failures, at, pool = read
    if pools is not None and pool not in pools:
        return None
    until = at + timedelta(seconds=settings.LEASE_SECONDS)
    # A lease that ran out was not given back: its holder died or hangs. That is counted (poison limit).
    crashed = Case(When(lease_until__isnull=False, then=F("crashes") + 1), default=Value(0))
    moved = (
        row.filter(lease_epoch=epoch, next_attempt_at__isnull=False, next_attempt_at__lte=at)
        .filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at))
        .update(
            lease_owner=worker,
            lease_epoch=epoch + 1,
            lease_until=until,
            next_attempt_at=until,
            crashes=crashed,
        )
    )
    return Lease(epoch + 1, until, failures) if moved == 1 else None


def renew(deployment_id: str, epoch: int) -> None:
    """Raise LostRace if the lease is no longer ours."""
    until = raw_now() + timedelta(seconds=settings.LEASE_SECONDS)
    if Deployment.objects.filter(pk=deployment_id, lease_epoch=epoch).update(lease_until=until) != 1:
        raise LostRace


def still_held(deployment_id: str, epoch: int) -> bool:
    """The last check before bytes leave for AWS: our epoch, and not past its end."""
    return Deployment.objects.filter(pk=deployment_id, lease_epoch=epoch, lease_until__gt=raw_now()).exists()


def release(deployment_id: str, lease: Lease, *, after: float | None) -> bool:
    """Give the lease back; due again in `after` seconds (None: not before somebody pokes). False: replaced.

    A poke that came meanwhile (a vote, a cancel) stays: it must not be slept over.
    """
    due = None if after is None else raw_now() + timedelta(seconds=max(after, 0))
    unpoked = Case(
        When(next_attempt_at=lease.until, then=Value(due, output_field=DateTimeField())),
        default=F("next_attempt_at"),
    )
    columns = {"lease_until": None, "lease_owner": "", "next_attempt_at": unpoked}
    return Deployment.objects.filter(pk=deployment_id, lease_epoch=lease.epoch).update(**columns) == 1


def poke(*deployment_ids: str) -> None:
    """Make deployments due now and ring for their pools once the transaction has committed."""
    if not deployment_ids:
        return
    Deployment.objects.filter(pk__in=deployment_ids).update(next_attempt_at=raw_now())
    for pk, pool in Deployment.objects.filter(pk__in=deployment_ids).values_list(
        "pk", "environment__account__pool"
    ):
        ring("deployments.advance", pk, queue=f"pool.{pool}")


class Heartbeat:
    """Renews the lease every LEASE_RENEW_SECONDS from a thread of its own while a long call is under way.

    `renewal(row_id, epoch)` does it, and raises LostRace when the lease is another's."""

    def __init__(self, row_id: str, epoch: int, renewal: Callable[[str, int], None] = renew):
        self.row_id, self.epoch, self.renewal = row_id, epoch, renewal
        self.stop = threading.Event()
        self.thread: threading.Thread | None = None

    def __enter__(self) -> "Heartbeat":
        self.thread = threading.Thread(target=self._run, name="lease", daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop.set()
        self.thread.join(timeout=5)

    def _run(self) -> None:
        try:
            while not self.stop.wait(settings.LEASE_RENEW_SECONDS):
                self.renewal(self.row_id, self.epoch)
        except LostRace:
            return  # fenced: the main thread finds out at its next write
        finally:
            connection.close()
