"""Take the history away: the export is itself an event, then it streams."""

from collections.abc import Iterator

from django.db import transaction

from audit.actions.append import append
from audit.queries import last_checkpoint
from deployments.exports import history_csv, history_jsonl
from deployments.exports.columns import Filters
from deployments.models import History
from kernel.actor import Actor
from kernel.clock import now
from kernel.refusals import Invalid
from kernel.verdicts import wire_time

FORMATS = {"csv": history_csv.stream, "jsonl": history_jsonl.stream}


@transaction.atomic
def export_history(*, actor: Actor, filters: Filters, kind: str) -> Iterator[bytes]:
    """A stream of bytes in `kind` (csv, jsonl). Raises Invalid when the range ends before it begins."""
    if filters.since and filters.until and filters.since > filters.until:
        detail = "The range ends before it begins."
        raise Invalid(errors=[{"pointer": "?to", "code": "range_invalid", "detail": detail}])
    count = History.objects.filter(**filters.conditions()).count()
    at = now()
    append(
        kind="export.made",
        actor=actor,
        subject="audit:deployments",
        data={"format": kind, "rows": count, "filter": sorted(filters.conditions())},
    )
    return FORMATS[kind](filters, header(actor, filters, count, at))


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
