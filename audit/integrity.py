"""Is what is stored what was hashed and signed? Asked before every signature, and of the whole log at a
start."""

from collections.abc import Iterator

from audit.merkle import (
    CompactRange,
    ProofError,
    consistency_proof,
    leaf_hash,
    node_hash,
    tree_root,
    verify_consistency,
)
from audit.models import AuditEvent, Checkpoint, Leaf, stored_bytes
from audit.note import Checkpoint as CheckpointText
from audit.note import NoteError, VerifierKey, open_checkpoint
from audit.queries import StoredNodes


class LogMismatch(Exception):
    """What is stored is not what was hashed or signed before. Never sign over it; a person must look."""


def checked_hash(event: AuditEvent) -> bytes:
    """The leaf hash of the event's bytes. Raises LogMismatch if it was written with another one."""
    computed = leaf_hash(stored_bytes(event.body))
    if computed != stored_bytes(event.leaf_hash):
        raise LogMismatch(f"the bytes of event {event.pk} do not have the hash they were written with")
    return computed


def checked_root(previous: Checkpoint | None, size: int, key: VerifierKey) -> bytes:
    """The root of the first `size` leaves, computed twice (from the stored subtrees, and from the bodies read
    back, by the recursive definition) and proven to continue `previous`. Raises LogMismatch."""
    sealed = previous.tree_size if previous else 0
    stored = StoredNodes()
    root = tree_root(stored, size)
    if tree_root(_Recomputed(sealed, size), size) != root:
        raise LogMismatch(f"two ways to compute the root of {size} leaves do not agree")
    if previous is not None:
        signed = signed_state(previous, key)
        try:
            verify_consistency(sealed, size, signed.root, root, consistency_proof(stored, sealed, size))
        except ProofError as error:
            raise LogMismatch(f"the checkpoint {sealed} is not continued: {error}") from error
    return root


def signed_state(row: Checkpoint, key: VerifierKey) -> CheckpointText:
    """What the note of `row` says, its signature checked. Raises LogMismatch where note, key and row
    differ."""
    try:
        signed = open_checkpoint(row.note, key)
    except NoteError as error:
        raise LogMismatch(f"the note of checkpoint {row.tree_size} is not ours: {error}") from error
    if (signed.size, signed.root) != (row.tree_size, stored_bytes(row.root)):
        raise LogMismatch(f"the note of checkpoint {row.tree_size} says something else than its row")
    return signed


def check_whole_log(key: VerifierKey) -> int:
    """Hash every sealed body again and compare with what was signed last; the number of leaves. Raises
    LogMismatch.

    One pass with little memory, about 100,000 leaves a second; the sealer does it when it starts.
    """
    # In this order: another sealer commits a leaf with its checkpoint, so what is read second is never older.
    newest = Leaf.objects.order_by("-leaf_index").values_list("leaf_index", flat=True).first()
    last = Checkpoint.objects.order_by("-tree_size").first()
    size = last.tree_size if last else 0
    if newest is not None and newest >= size:
        raise LogMismatch(f"there is a leaf {newest}, but {size} were signed")
    tree = CompactRange()
    for index, event in _sealed_events(0, size):
        if index != tree.size:
            raise LogMismatch(f"leaf {tree.size} is missing")
        tree.extend([checked_hash(event)])
        if tree.size == size and tree.root() != signed_state(last, key).root:
            raise LogMismatch(f"the first {size} leaves do not have the root that was signed")
    if tree.size != size:
        raise LogMismatch(f"there are {tree.size} leaves, but {size} were signed")
    return size


def _sealed_events(first: int, end: int) -> Iterator[tuple[int, AuditEvent]]:
    leaves = Leaf.objects.filter(leaf_index__gte=first, leaf_index__lt=end).order_by("leaf_index")
    leaves = leaves.select_related("event")
    for leaf in leaves.only("leaf_index", "event__body", "event__leaf_hash").iterator(chunk_size=2000):
        yield leaf.leaf_index, leaf.event


class _Recomputed:
    """Subtrees by the definition: below `sealed` as stored, above it hashed from the bodies as they are now
    read."""

    def __init__(self, sealed: int, size: int):
        self.sealed = sealed
        self.stored = StoredNodes()
        self.leaves = {
            index: leaf_hash(stored_bytes(event.body)) for index, event in _sealed_events(sealed, size)
        }
        if sorted(self.leaves) != list(range(sealed, size)):
            raise LogMismatch(f"the leaves from {sealed} to {size - 1} are not gapless")

    def __call__(self, level: int, index: int) -> bytes:
        if (index + 1) << level <= self.sealed:
            return self.stored(level, index)
        if level == 0:
            return self.leaves[index]
        return node_hash(self(level - 1, 2 * index), self(level - 1, 2 * index + 1))
