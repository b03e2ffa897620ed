"""Give events their leaves and sign the state of the log: a whole batch or nothing.

Signing is the last thing before the commit, so a crash anywhere leaves nothing or all of it. One root per
size, for ever: `tree_size` is the checkpoint's primary key. The sealer reads and writes on the primary
database only.
"""

from datetime import datetime

from django.db import connection, transaction

from audit.integrity import LogMismatch, checked_hash, checked_root
from audit.merkle import CompactRange, cover
from audit.models import AuditEvent, Checkpoint, Leaf, Node
from audit.note import Checkpoint as CheckpointText
from audit.queries import StoredNodes, last_checkpoint, unsealed_events
from audit.signer import Signer
from kernel.clock import raw_now

BATCH = 5_000
LOCK = 0x5EA1  # the number of the advisory lock that the one active sealer holds


def seal_once(signer: Signer, since: datetime | None = None) -> int:
    """Seal up to 5,000 waiting events in one transaction and sign the new checkpoint; the number sealed.

    0 if nothing waits or another sealer is at work. `since` narrows the search to events from that time on
    (the caller looks without it often enough). Raises LogMismatch, with nothing written, when a stored hash,
    node, root or signature is not what it should be.
    """
    if not unsealed_events(
        since
    ).exists():  # outside the transaction: idling must not hold SQLite's one write lock
        return 0
    with transaction.atomic():
        if not _only_sealer():
            return 0
        events = list(unsealed_events(since).order_by("at", "id").only("id", "body", "leaf_hash")[:BATCH])
        if not events:
            return 0
        previous = last_checkpoint()
        size = previous.tree_size if previous else 0
        _insert(size, events)
        _sign(signer, size + len(events), checked_root(previous, size + len(events), signer.key))
    return len(events)


def _only_sealer() -> bool:
    if connection.vendor != "postgresql":
        return True  # BEGIN IMMEDIATE has already made this transaction the only writer
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return cursor.fetchone()[0]


def _insert(size: int, events: list[AuditEvent]) -> None:
    last = Leaf.objects.order_by("-leaf_index").values_list("leaf_index", flat=True).first()
    if (-1 if last is None else last) != size - 1:
        raise LogMismatch(f"the last leaf is {last}, but {size} leaves were signed")
    hashes = [checked_hash(event) for event in events]
    read = StoredNodes()
    tree = CompactRange(size, [read(level, index) for level, index in cover(size)])
    Leaf.objects.bulk_create(
        Leaf(leaf_index=size + offset, event=event, leaf_hash=digest)
        for offset, (event, digest) in enumerate(zip(events, hashes, strict=True))
    )
    Node.objects.bulk_create(
        Node(level=level, idx=index, hash=digest) for level, index, digest in tree.extend(hashes)
    )


def _sign(signer: Signer, size: int, root: bytes) -> None:
    note = signer.sign(CheckpointText(signer.key.name, size, root).text())
    Checkpoint.objects.create(tree_size=size, root=root, note=note, vkey=signer.vkey, signed_at=raw_now())
