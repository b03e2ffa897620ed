"""Reading the log: events as a caller may see them, checkpoints, stored subtrees, the sealer's health."""

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.exports.bundle import Part
from audit.merkle import inclusion_proof
from audit.models import AuditEvent, Checkpoint, Leaf, Node, Opening, SealerState, stored_bytes
from kernel.actor import Actor
from kernel.clock import raw_now
from kernel.permissions import Permission


class StoredNodes:
    """Reads the hash of a complete subtree from the tables, each at most once; the `NodeReader` of
    audit.merkle. Raises LookupError where the tree has no such subtree."""

    def __init__(self):
        self._seen: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        if (level, index) not in self._seen:
            self._seen[level, index] = self._read(level, index)
        return self._seen[level, index]

    @staticmethod
    def _read(level: int, index: int) -> bytes:
        if level:
            row = Node.objects.filter(level=level, idx=index).values_list("hash", flat=True).first()
        else:
            row = Leaf.objects.filter(leaf_index=index).values_list("leaf_hash", flat=True).first()
        if row is None:
            raise LookupError(f"the log has no subtree {level}/{index}")
        return stored_bytes(row)


@dataclass(frozen=True)
class SealerHealth:
    """`lag`: seconds the oldest unsealed event has waited (0.0 if none waits). `mismatch`: why sealing
    stopped, or "". `alive_at`: when the sealer last said so; `verified_at`: when it last checked the whole log."""

    lag: float
    mismatch: str
    alive_at: datetime | None
    verified_at: datetime | None = None


def unsealed_events(since: datetime | None = None) -> QuerySet:
    """Events without a leaf: an anti-join, never `id > last`, because late commits carry earlier ids."""
    events = AuditEvent.objects.filter(~Exists(Leaf.objects.filter(event_id=OuterRef("pk"))))
    return events if since is None else events.filter(at__gte=since)


def last_checkpoint() -> Checkpoint | None:
    """The newest checkpoint, or None before the first sealing."""
    return Checkpoint.objects.order_by("-tree_size").first()


def visible_events(actor: Actor, applications: frozenset[str] | None = frozenset()) -> QuerySet:
    """The events `actor` may read. Auditors and whoever sees everything: all. Others: those of `applications`
    (the names visible to them; None = all) and what they did themselves."""
    events = AuditEvent.objects.all()
    if applications is None or actor.may(Permission.AUDIT_READ) or actor.may(Permission.SEE_EVERYTHING):
        return events
    return events.filter(Q(application__in=applications) | Q(actor=actor.tag))


def filtered(
    events: QuerySet,
    *,
    actor: str | None = None,
    kind: str | None = None,
    subject: str | None = None,
    environment: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet:
    """`events` narrowed. `actor`: a username, or a tag such as `application:payments`. `since`, `until`: both
    ends included."""
    if actor is not None and ":" in actor:
        events = events.filter(actor=actor)
    elif actor is not None:
        events = events.filter(
            Exists(Opening.objects.filter(event_id=OuterRef("pk"), field="actor", value=actor))
        )
    exact = {"kind": kind, "subject": subject, "environment": environment, "at__gte": since, "at__lte": until}
    return events.filter(**{name: value for name, value in exact.items() if value is not None})


def sealer_health(window: timedelta = timedelta(hours=1)) -> SealerHealth:
    """How the sealer is; looks at the events of the last `window` (those of a moved clock are not late)."""
    at = raw_now()
    waiting = (
        unsealed_events(at - window).filter(at__lte=at).order_by("at").values_list("at", flat=True).first()
    )
    state = SealerState.objects.first()
    return SealerHealth(
        lag=(at - waiting).total_seconds() if waiting else 0.0,
        mismatch=state.mismatch if state else "",
        alive_at=state.alive_at if state else None,
        verified_at=state.verified_at if state else None,
    )


def leaf_proof(index: int) -> dict | None:
    """The inclusion proof of leaf `index` in the newest checkpoint, hashes in base64; None if it has no such
    leaf."""
    checkpoint = last_checkpoint()
    if checkpoint is None or index >= checkpoint.tree_size:
        return None
    read = StoredNodes()
    proof = inclusion_proof(read, index, checkpoint.tree_size)
    return {
        "leaf_index": index,
        "leaf_hash": b64encode(read(0, index)).decode(),
        "tree_size": checkpoint.tree_size,
        "root": b64encode(checkpoint.root).decode(),
        "hashes": [b64encode(digest).decode() for digest in proof],
        "checkpoint": checkpoint.note,
    }


def bundle_part(since: datetime | None, until: datetime | None) -> Part | None:
    """The leaves of the events from `since` to `until`, widened to whole checkpoints; None before the first
    one.

    Where no event lies between the two, the part holds the neighbours on both sides, so that the absence
    shows.
    """
    last = last_checkpoint()
    if last is None:
        return None
    sealed = Leaf.objects.filter(leaf_index__lt=last.tree_size)
    low, high = 0, last.tree_size - 1
    if since is not None:
        low = _index(sealed.filter(event__at__gte=since).order_by("leaf_index"), default=high)
    if until is not None:
        high = _index(sealed.filter(event__at__lte=until).order_by("-leaf_index"), default=0)
    low, high = min(low, high), max(low, high)
    return Part(
        first=Checkpoint.objects.filter(tree_size__lte=low).order_by("-tree_size").first(),
        last=Checkpoint.objects.filter(tree_size__gt=high).order_by("tree_size").first(),
    )


def _index(leaves: QuerySet, *, default: int) -> int:
    found = leaves.values_list("leaf_index", flat=True).first()
    return default if found is None else found
