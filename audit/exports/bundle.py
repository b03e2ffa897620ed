"""`.rgaudit`: a part of the log that verifies with nothing but the log's public key
(docs/reference/bundle.md).

Members, always these and in this order: manifest.json, checkpoint.first (empty for a bundle that begins at
leaf 0), checkpoint.last, range.txt (subtree hashes that cover everything before the first leaf),
consistency.txt (the RFC 6962 proof from first to last), leaves.jsonl, nodes.txt (the subtrees these leaves
complete, by level and index), openings.jsonl. Nothing in it is free: each byte follows from the signed
content, so any changed byte is found.
"""

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO

from audit.canonical import canonical
from audit.merkle import NodeReader, consistency_proof, cover
from audit.models import Checkpoint, Leaf, Node, Opening, stored_bytes
from audit.stored_zip import StoredZip

FORMAT_VERSION = 1
CHUNK = 2_000  # rows read at once


@dataclass(frozen=True)
class Part:
    """Leaves first.tree_size … last.tree_size − 1; `first` is None where the part begins at leaf 0."""

    first: Checkpoint | None
    last: Checkpoint

    @property
    def start(self) -> int:
        return self.first.tree_size if self.first else 0

    @property
    def end(self) -> int:
        return self.last.tree_size


def write_bundle(target: BinaryIO, part: Part, read: NodeReader) -> None:
    """Write the bundle of `part` into the seekable `target`, in constant memory; `read` gives stored
    subtrees. The same part gives the same bytes. Raises ArchiveTooLarge beyond 4 GiB."""
    archive = StoredZip(target)
    origin = part.last.note.split("\n", 1)[0]
    manifest = {
        "first": part.start,
        "format": "rgaudit",
        "last": part.end,
        "origin": origin,
        "v": FORMAT_VERSION,
    }
    archive.add("manifest.json", [canonical(manifest) + b"\n"])
    archive.add("checkpoint.first", [part.first.note.encode() if part.first else b""])
    archive.add("checkpoint.last", [part.last.note.encode()])
    archive.add("range.txt", _lines(read(level, index) for level, index in cover(part.start)))
    archive.add("consistency.txt", _lines(consistency_proof(read, part.start, part.end)))
    archive.add("leaves.jsonl", _leaves(part))
    archive.add("nodes.txt", _lines(_nodes(part)))
    archive.add("openings.jsonl", _openings(part))
    archive.close()


def _lines(hashes: Iterable[bytes]) -> Iterator[bytes]:
    for digest in hashes:
        yield b64encode(digest) + b"\n"


def _base64(stored) -> bytes:
    return b64encode(stored_bytes(stored))


def _windows(part: Part) -> Iterator[tuple[int, int]]:
    for start in range(part.start, part.end, CHUNK):
        yield start, min(start + CHUNK, part.end)


def _leaves(part: Part) -> Iterator[bytes]:
    for start, end in _windows(part):
        leaves = Leaf.objects.filter(leaf_index__gte=start, leaf_index__lt=end).order_by("leaf_index")
        rows = leaves.values_list("leaf_index", "leaf_hash", "event__body")
        yield b"".join(
            b'{"body":"%b","hash":"%b","index":%d}\n' % (_base64(body), _base64(digest), index)
            for index, digest, body in rows
        )


def _nodes(part: Part) -> Iterator[bytes]:
    """Per level, the subtrees that end after `start` and not after `end`."""
    for level in range(1, part.end.bit_length()):
        nodes = Node.objects.filter(level=level, idx__gte=part.start >> level, idx__lt=part.end >> level)
        for digest in nodes.order_by("idx").values_list("hash", flat=True).iterator(chunk_size=CHUNK):
            yield stored_bytes(digest)


def _openings(part: Part) -> Iterator[bytes]:
    for start, end in _windows(part):
        openings = Opening.objects.filter(event__leaf__leaf_index__gte=start, event__leaf__leaf_index__lt=end)
        rows = openings.values_list("event__leaf__leaf_index", "field", "nonce", "value")
        # Sorted here, not by the database: its collation decides there, the code points decide here.
        lines = (
            [canonical({"field": f, "index": i, "nonce": _base64(n).decode(), "value": v}), b"\n"]
            for i, f, n, v in sorted(rows, key=lambda row: (row[0], row[1]))
        )
        yield b"".join(chain.from_iterable(lines))
