"""Reading the log: events as a caller may see them, checkpoints, stored subtrees, the sealer's health."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit.models import AuditEvent, Checkpoint, Leaf, Node, Opening, SealerState
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
        return bytes(row)


@dataclass(frozen=True)
class SealerHealth:
    """`lag`: seconds the oldest unsealed event has waited (0.0 if none waits). `mismatch`: why sealing
    stopped, or "". `alive_at`: when the sealer last said so."""

    lag: float
    mismatch: str
    alive_at: datetime | None


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
    )
