"""Take the history away: the export is itself an event, then it streams."""

from collections.abc import Iterator

from django.conf import settings
from django.db import transaction

from audit.actions.append import append
from audit.queries import last_checkpoint
from deployments.exports import history_csv, history_jsonl, history_xlsx
from deployments.exports.columns import Filters
from deployments.models import History
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Conflict, Invalid
from kernel.verdicts import wire_time

FORMATS = {"csv": history_csv.stream, "jsonl": history_jsonl.stream, "xlsx": history_xlsx.stream}


class TooLarge(Conflict):
    """Too long for a client to wait: `request_export` is the way."""

    code = "export_too_large"
    title = "Too many rows to be streamed at once"


@transaction.atomic
def export_history(*, actor: Actor, filters: Filters, kind: str) -> Iterator[bytes]:
    """A stream of bytes in `kind` (csv, jsonl, xlsx).

    Raises Invalid when the range ends before it begins, TooLarge for more than settings.EXPORT_ROWS."""
    in_order(filters, pointer="?to")
    count = History.objects.filter(**filters.conditions()).count()
    if count > settings.EXPORT_ROWS:
        raise TooLarge(
            f"These are {count} rows; more than {settings.EXPORT_ROWS} are written by a worker. Narrow the filter, "
            f"or ask for the file: POST /api/v1/audit/exports with the format {kind} and the same filters.",
            rows=count,
            limit=settings.EXPORT_ROWS,
            how_to=f'POST /api/v1/audit/exports {{"format": "{kind}"}}',
        )
    at = now()
    append(
        kind="export.made",
        actor=actor,
        subject="audit:deployments",
        data={"format": kind, "rows": count, "filter": sorted(filters.conditions())},
    )
    return FORMATS[kind](filters, header(actor, filters, count, at))


def in_order(filters: Filters, pointer: str = "/to") -> None:
    """Raise Invalid when the range ends before it begins."""
    if filters.since and filters.until and filters.since > filters.until:
        detail = "The range ends before it begins."
        raise Invalid(errors=[{"pointer": pointer, "code": "range_invalid", "detail": detail}])


def header(actor: Actor, filters: Filters, count: int, at) -> list[str]:
    """`key: value` lines that let somebody make the same export again and tie it to the log."""
    checkpoint = last_checkpoint()
    sealed = (
        f"{checkpoint.tree_size} leaves, root {bytes(checkpoint.root).hex()}"
        if checkpoint
        else "nothing sealed yet"
    )
    return [
        "Release Gate: deployment history",
        f"filter: {filters.in_words()}",
        f"rows: {count}",
        "times: UTC",
        f"generated: {wire_time(at)} by {actor.name}",
        f"log: {sealed}",
    ]
