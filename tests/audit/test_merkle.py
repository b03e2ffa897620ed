"""RFC 6962: the known roots of the eight standard leaves, and trees and proofs against the definition."""

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit import merkle
from audit.merkle import (
    CompactRange,
    ProofError,
    consistency_proof,
    cover,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root_of,
    tree_root,
    verify_consistency,
    verify_inclusion,
)

# The leaves and roots of Certificate Transparency's own tests (transparency-dev/merkle
# testonly/constants.go).
LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SIZES = st.integers(1, 200)


def hashes(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def definition(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1, word for word, over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + definition(leaves[:half]) + definition(leaves[half:])).digest()


def reader(leaves: list[bytes]):
    """Stored subtrees as the sealer stores them: only those that CompactRange completed."""
    stored = {(0, index): digest for index, digest in enumerate(leaves)}
    stored |= {(level, index): digest for level, index, digest in CompactRange().extend(leaves)}
    return lambda level, index: stored[level, index]


@pytest.mark.parametrize("size", range(9))
def test_the_standard_leaves_have_their_known_roots(size):
    leaves = [leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert root_of(leaves).hex() == ROOTS[size]
    assert tree_root(reader(leaves), size).hex() == ROOTS[size]
    assert definition(leaves).hex() == ROOTS[size]


def test_leaves_and_nodes_hash_with_different_prefixes():
    assert leaf_hash(b"").hex() == ROOTS[1]
    assert node_hash(b"a", b"b") == hashlib.sha256(b"\x01ab").digest()
    assert leaf_hash(b"ab") != hashlib.sha256(b"ab").digest()


@given(SIZES)
def test_three_ways_to_a_root_agree(size):
    leaves = hashes(size)
    assert root_of(leaves) == definition(leaves) == tree_root(reader(leaves), size)


@given(SIZES)
def test_the_cover_tiles_the_tree_without_gap_or_overlap(size):
    reached = 0
    for level, index in cover(size):
        assert index << level == reached
        reached += 1 << level
    assert reached == size
    assert len(cover(size)) == size.bit_count()


@given(SIZES, st.integers(0, 100))
def test_a_compact_range_continues_where_another_stopped(first, more):
    leaves = hashes(first + more)
    start = CompactRange()
    completed = start.extend(leaves[:first])
    continued = CompactRange(first, start.hashes)
    assert continued.root() == definition(leaves[:first])
    completed += continued.extend(leaves[first:])
    assert continued.size == first + more
    assert continued.root() == definition(leaves)
    for level, index, digest in completed:
        assert digest == definition(leaves[index << level : (index + 1) << level])
    assert len({(level, index) for level, index, _ in completed}) == len(completed)


def test_a_compact_range_refuses_a_wrong_number_of_hashes():
    with pytest.raises(ValueError, match="2 subtrees"):
        CompactRange(5, [bytes(32)])


@given(SIZES, st.data())
def test_every_leaf_proves_its_place_and_no_other(size, data):
    leaves = hashes(size)
    index = data.draw(st.integers(0, size - 1))
    root, read = definition(leaves), reader(leaves)
    proof = inclusion_proof(read, index, size)
    verify_inclusion(leaves[index], index, size, proof, root)
    assert len(proof) <= size.bit_length()
    for wrong in {index - 1, index + 1, size} - {index}:
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], wrong, size, proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(leaf_hash(b"other"), index, size, proof, root)
    with pytest.raises(ProofError):
        verify_inclusion(leaves[index], index, size, [*proof, bytes(32)], root)
    if proof:
        with pytest.raises(ProofError):
            verify_inclusion(leaves[index], index, size, proof[:-1], root)


@given(SIZES, st.data())
def test_an_earlier_tree_proves_that_the_later_one_contains_it(second, data):
    first = data.draw(st.integers(1, second))
    leaves = hashes(second)
    old, new = definition(leaves[:first]), definition(leaves)
    proof = consistency_proof(reader(leaves), first, second)
    verify_consistency(first, second, old, new, proof)
    with pytest.raises(ProofError):
        verify_consistency(first, second, bytes(32), new, proof)
    with pytest.raises(ProofError):
        verify_consistency(first, second, old, bytes(32), proof)
    with pytest.raises(ProofError):
        verify_consistency(first, second, old, new, [*proof, bytes(32)])
    for place in range(len(proof)):
        broken = [*proof[:place], bytes(32), *proof[place + 1 :]]
        with pytest.raises(ProofError):
            verify_consistency(first, second, old, new, broken)
        with pytest.raises(ProofError):
            verify_consistency(first, second, old, new, proof[:place] + proof[place + 1 :])


@settings(max_examples=60)
@given(st.integers(2, 120), st.data())
def test_a_forked_tree_is_not_consistent(second, data):
    first = data.draw(st.integers(1, second - 1))
    place = data.draw(st.integers(0, first - 1))
    leaves = hashes(second)
    forked = [*leaves[:place], leaf_hash(b"forged"), *leaves[place + 1 :]]
    proof = consistency_proof(reader(forked), first, second)
    with pytest.raises(ProofError):
        verify_consistency(first, second, definition(leaves[:first]), definition(forked), proof)


def test_an_empty_tree_has_its_one_root_and_an_empty_proof():
    leaves = hashes(3)
    verify_consistency(0, 3, merkle.EMPTY_ROOT, definition(leaves), [])
    with pytest.raises(ProofError):
        verify_consistency(0, 3, bytes(32), definition(leaves), [])
    with pytest.raises(ProofError):
        verify_consistency(0, 3, merkle.EMPTY_ROOT, definition(leaves), [bytes(32)])


def test_one_size_with_two_roots_is_a_fork():
    with pytest.raises(ProofError, match="forked"):
        verify_consistency(3, 3, definition(hashes(3)), bytes(32), [])


def test_a_tree_never_shrinks():
    with pytest.raises(ProofError):
        verify_consistency(4, 3, bytes(32), bytes(32), [])
    with pytest.raises(ValueError, match="earlier state"):
        consistency_proof(reader(hashes(3)), 4, 3)


def test_an_empty_proof_proves_nothing_between_two_sizes():
    leaves = hashes(8)
    with pytest.raises(ProofError):
        verify_consistency(4, 8, definition(leaves[:4]), definition(leaves), [])


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_is_no_proof_for_a_leaf_that_is_not_there(index, size):
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(reader(hashes(3)), index, size)


def test_ten_thousand_random_edits_of_proofs_are_refused():
    chance = random.Random(6962)
    leaves = hashes(100)
    root, read = definition(leaves), reader(leaves)
    for _ in range(10_000 // 100):
        index = chance.randrange(100)
        proof = inclusion_proof(read, index, 100)
        for _ in range(100):
            place, byte, bit = chance.randrange(len(proof)), chance.randrange(32), chance.randrange(8)
            edited = bytearray(proof[place])
            edited[byte] ^= 1 << bit
            with pytest.raises(ProofError):
                verify_inclusion(
                    leaves[index], index, 100, [*proof[:place], bytes(edited), *proof[place + 1 :]], root
                )
