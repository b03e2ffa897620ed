"""A worker writes the file of a large export. Whoever dies over it is followed by another, who begins anew."""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from audit.actions.append import append
from deployments.actions.export_history import FORMATS, header
from deployments.exports import store
from deployments.exports.columns import Filters
from deployments.lease import Heartbeat
from deployments.models import Export, History
from kernel.actor import Actor
from kernel.clock import now, raw_now
from kernel.refusals import LostRace

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)
MOST_ATTEMPTS = 3
GIVEN_UP = f"It could not be made in {MOST_ATTEMPTS} attempts; the log of the workers says why."


def make_export(export_id: str, *, worker: str) -> bool:
    """True when the export is done by this call. False: ended, held by another worker, or it failed for now.

    The file appears under a name with the lease's epoch and counts only once the row says so, in the
    transaction that records `export.made`: twice started is once made.
    """
    export = _claim(export_id, worker)
    if export is None:
        return False
    path = store.place(export.pk, export.lease_epoch, export.format)
    try:
        with Heartbeat(export.pk, export.lease_epoch, _renew):
            rows, written = _write(export, path)
        if _finish(export, rows, written):
            store.remove(export.pk, but=path)
            return True
        path.unlink(missing_ok=True)
    except Exception:
        log.exception("export %s could not be made", export_id)
        _held(export.pk, export.lease_epoch).update(lease_until=None, lease_owner="")
    return False


def _claim(export_id: str, worker: str) -> Export | None:
    at = raw_now()
    free = Export.objects.filter(pk=export_id, ended_at__isnull=True)
    free = free.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at))
    moved = free.filter(attempts__lt=MOST_ATTEMPTS).update(
        lease_owner=worker,
        lease_until=at + timedelta(seconds=settings.LEASE_SECONDS),
        lease_epoch=F("lease_epoch") + 1,
        attempts=F("attempts") + 1,
    )
    if moved == 1:
        return Export.objects.get(pk=export_id)
    _give_up(export_id)
    return None


@transaction.atomic
def _give_up(export_id: str) -> None:
    at = raw_now()
    spent = Export.objects.filter(pk=export_id, ended_at__isnull=True, attempts__gte=MOST_ATTEMPTS)
    spent = spent.filter(Q(lease_until__isnull=True) | Q(lease_until__lt=at))
    if spent.update(ended_at=at, expires_at=at + KEPT, problem=GIVEN_UP, lease_until=None) == 1:
        _record(Export.objects.get(pk=export_id), outcome="failed")


def _write(export: Export, path) -> tuple[int, store.Written]:
    filters = Filters.from_json(export.filters)
    rows = History.objects.filter(**filters.conditions()).count()
    said = header(Actor.from_record(export.asked_by), filters, rows, now())
    return rows, store.write(path, FORMATS[export.format](filters, said))


@transaction.atomic
def _finish(export: Export, rows: int, written: store.Written) -> bool:
    at = raw_now()
    found = {"rows": rows, "size": written.size, "digest": written.digest}
    ended = {"ended_at": at, "expires_at": at + KEPT, "lease_until": None}
    if _held(export.pk, export.lease_epoch).update(**found, **ended) != 1:
        return False
    _record(export, **found)
    return True


def _record(export: Export, outcome: str = "allowed", **found) -> None:
    append(
        kind="export.made",
        actor=Actor.from_record(export.asked_by),
        subject=f"export:{export.pk}",
        outcome=outcome,
        data={"format": export.format, **found},
    )


def _held(export_id: str, epoch: int):
    return Export.objects.filter(pk=export_id, lease_epoch=epoch, ended_at__isnull=True)


def _renew(export_id: str, epoch: int) -> None:
    until = raw_now() + timedelta(seconds=settings.LEASE_SECONDS)
    if _held(export_id, epoch).update(lease_until=until) != 1:
        raise LostRace
