"""The Merkle tree of RFC 6962 §2.1: roots, proofs, their verification, and the nodes worth storing. Pure.

A hash is 32 bytes of SHA-256. A tree of size n has leaves 0…n−1; size 0 has the root SHA-256("").
`NodeReader` is `(level, index) → hash` of the complete subtree over leaves index·2^level … (index+1)·2^level
− 1; level 0 are the leaf hashes.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence

NodeReader = Callable[[int, int], bytes]
EMPTY_ROOT = hashlib.sha256(b"").digest()


class ProofError(ValueError):
    """A proof does not lead to the root it should lead to."""


def leaf_hash(body: bytes) -> bytes:
    """SHA-256(0x00 ‖ body)."""
    return hashlib.sha256(b"\x00" + body).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def cover(size: int) -> list[tuple[int, int]]:
    """The complete subtrees, as (level, index), that together are the tree of `size`, left to right."""
    nodes, start = [], 0
    for level in range(size.bit_length() - 1, -1, -1):
        if size >> level & 1:
            nodes.append((level, start >> level))
            start += 1 << level
    return nodes


class CompactRange:
    """A growing tree that remembers one hash per complete subtree of its cover: at most log2(size) hashes."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()):
        """Continue a tree of `size` whose cover has `hashes`, left to right. Raises ValueError on a wrong
        count."""
        if len(hashes) != size.bit_count():
            raise ValueError(f"a tree of {size} leaves has {size.bit_count()} subtrees, not {len(hashes)}")
        self.size = size
        self._hashes = list(hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        return tuple(self._hashes)

    def add(self, leaf: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Take the next leaf hash; yields (level, index, hash) of every subtree of level ≥ 1 that it
        completes. The tree has grown only once the iterator is exhausted."""
        current, index, level = leaf, self.size, 0
        while index & 1:
            current = node_hash(self._hashes.pop(), current)
            index >>= 1
            level += 1
            yield level, index, current
        self._hashes.append(current)
        self.size += 1

    def extend(self, leaves: Iterable[bytes]) -> list[tuple[int, int, bytes]]:
        """Add all `leaves`; the subtrees completed by them, in order of completion."""
        return [node for leaf in leaves for node in self.add(leaf)]

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        if not self._hashes:
            return EMPTY_ROOT
        current = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            current = node_hash(left, current)
        return current


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes, in one pass and with log2(n) memory."""
    tree = CompactRange()
    for leaf in leaves:
        for _ in tree.add(leaf):
            pass
    return tree.root()


def split(size: int) -> int:
    """The largest power of two smaller than `size` (≥ 2): where RFC 6962 cuts a tree."""
    return 1 << (size - 1).bit_length() - 1


def subtree_root(read: NodeReader, start: int, end: int) -> bytes:
    """MTH(D[start:end]) by the recursive definition of RFC 6962 §2.1, asking `read` only for complete
    subtrees. `start` is a multiple of the subtree's size, as in every tree the recursion meets."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + split(size)
    return node_hash(subtree_root(read, start, middle), subtree_root(read, middle, end))


def tree_root(read: NodeReader, size: int) -> bytes:
    """The root of the tree of `size` leaves, from its stored subtrees."""
    return subtree_root(read, 0, size) if size else EMPTY_ROOT


def inclusion_proof(read: NodeReader, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962 §2.1.1, from the leaf up. Raises ValueError unless 0 ≤ index <
    size."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} in a tree of {size}")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            proof.append(subtree_root(read, middle, end))
            end = middle
        else:
            proof.append(subtree_root(read, start, middle))
            start = middle
    return proof[::-1]


def consistency_proof(read: NodeReader, first: int, second: int) -> list[bytes]:
    """PROOF(first, D[second]) of RFC 6962 §2.1.2; empty where first is 0 or equals second.
    Raises ValueError unless 0 ≤ first ≤ second."""
    if not 0 <= first <= second:
        raise ValueError(f"a tree of {second} has no earlier state of size {first}")
    if first in (0, second):
        return []
    proof, start, end, whole = [], 0, second, True
    while first != end:
        middle = start + split(end - start)
        if first <= middle:
            proof.append(subtree_root(read, middle, end))
            end = middle
        else:
            proof.append(subtree_root(read, start, middle))
            start, whole = middle, False
    if not whole:
        proof.append(subtree_root(read, start, end))
    return proof[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that `leaf` (a leaf hash) is leaf `index` of the tree of `size` with `root` (RFC 9162 §2.1.3.2).
    Raises ProofError."""
    if not 0 <= index < size:
        raise ProofError(f"there is no leaf {index} in a tree of {size}")
    position, last, current = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            current = node_hash(hash_, current)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            current = node_hash(current, hash_)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    if current != root:
        raise ProofError(f"leaf {index} does not lead to the root")


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of size `first` is a beginning of the tree of size `second` (RFC 9162 §2.1.4.2).
    Raises ProofError. Size 0 proves nothing but that its root is SHA-256("")."""
    if not 0 <= first <= second:
        raise ProofError(f"a tree of {second} has no earlier state of size {first}")
    if first in (0, second):
        _verify_trivial(first, second, first_root, second_root, proof)
        return
    path = list(proof)
    if not path:
        raise ProofError("the proof is empty")
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    old, new = _walk(path, first - 1, second - 1)
    if old != first_root or new != second_root:
        raise ProofError(f"the tree of {second} does not contain the tree of {first}")


def _verify_trivial(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ProofError("the proof should be empty")
    if first == 0 and first_root != EMPTY_ROOT:
        raise ProofError("an empty tree has another root")
    if first == second and first_root != second_root:
        raise ProofError("two roots for one size: the log is forked")


def _walk(path: list[bytes], position: int, last: int) -> tuple[bytes, bytes]:
    while position & 1:
        position, last = position >> 1, last >> 1
    old = new = path[0]
    for hash_ in path[1:]:
        if last == 0:
            raise ProofError("the proof is too long")
        if position & 1 or position == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new = node_hash(new, hash_)
        position, last = position >> 1, last >> 1
    if last:
        raise ProofError("the proof is too short")
    return old, new
