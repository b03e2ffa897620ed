"""The offline verifier against every edit, structural attack and forgery; and what it says about each."""

import base64
import hashlib
import json
import random

import pytest

from audit.queries import last_checkpoint
from cli import relgate
from cli.relgate import Broken, read_key, verify_bundle
from tests import people
from tests.audit.log import OTHER, SIGNER, add, bundle, seal, sealed
from tests.cli.bundles import ORDER, encode, event, forge, joined, leaf_line, lines, members, note, pack

KEY = read_key(SIGNER.vkey)


@pytest.fixture
def made(transactional_db) -> bytes:
    """A bundle of the whole log: 12 leaves in three batches, with names and comments beside."""
    sealed(1, 3)
    sealed(8, actor=people.actor("dana", ip="192.0.2.1"), private={"comment": 'schön, "ja" 😀\n'})
    return bundle()


@pytest.fixture
def later(transactional_db) -> bytes:
    """A bundle that begins in the middle of the log, at leaf 5."""
    sealed(5)
    middle = add(1)[0]
    add(6, private={"comment": "x"})
    assert seal() == 7
    return bundle(since=middle.at)


def broken(data: bytes, key=KEY, **options) -> Broken:
    with pytest.raises(Broken) as problem:
        verify_bundle(data, key, **options)
    return problem.value


def test_an_untouched_bundle_verifies(made):
    found = verify_bundle(made, KEY)
    assert (found["first"], found["last"], found["leaves"], found["erased"]) == (0, 12, 12, 0)
    assert found["root"] == base64.b64encode(last_checkpoint().root).decode()
    assert found["origin"] == SIGNER.key.name


def test_a_part_of_the_log_verifies_too(later):
    found = verify_bundle(later, KEY)
    assert (found["first"], found["last"], found["leaves"]) == (5, 12, 7)


def test_the_same_log_gives_the_same_bytes_and_any_zip_tool_opens_them(made):
    assert bundle() == made
    assert pack(members(made)) == made
    assert tuple(members(made)) == ORDER


@pytest.mark.parametrize("which", ["made", "later"])
def test_six_hundred_random_single_byte_edits_are_all_found(request, which):
    data = request.getfixturevalue(which)
    chance = random.Random(f"edit {which}")
    for _ in range(600):
        edited = bytearray(data)
        place = chance.randrange(len(edited))
        edited[place] ^= chance.randrange(1, 256)
        broken(bytes(edited))


def test_every_single_byte_counts():
    data = forge([encode(event(number)) for number in range(3)], SIGNER, first=1)
    for place in range(len(data)):
        edited = bytearray(data)
        edited[place] ^= 0x01
        broken(bytes(edited))


@pytest.mark.parametrize("extra", [b"\x00", b"PK", b"anything at all"])
def test_spare_bytes_are_refused(made, extra):
    broken(made + extra)
    broken(extra + made)
    broken(made[: len(made) // 2] + extra + made[len(made) // 2 :])


@pytest.mark.parametrize("length", [0, 1, 29, 100, 1000, -1, -22])
def test_a_cut_off_bundle_is_refused(made, length):
    broken(made[:length])


def with_leaves(data: bytes, change) -> bytes:
    content = members(data)
    content["leaves.jsonl"] = joined(change(lines(content["leaves.jsonl"])))
    return pack(content)


def renumbered(parts: list[bytes]) -> list[bytes]:
    return [part.rpartition(b":")[0] + b":%d}" % index for index, part in enumerate(parts)]


@pytest.mark.parametrize(
    ("change", "leaf"),
    [
        (lambda rows: rows[:4] + rows[5:], 4),  # delete
        (lambda rows: [*rows[:4], rows[3], *rows[4:]], 4),  # insert a copy
        (lambda rows: [*rows[:4], rows[5], rows[4], *rows[6:]], 4),  # swap
        (lambda rows: rows[:-1], 11),  # truncate
        (lambda rows: [*rows, rows[-1]], 12),  # go on after the end
        (lambda rows: rows[1:], 0),
        (lambda rows: [], 0),
        (lambda rows: [*rows[:7], b"", *rows[8:]], 7),
        (lambda rows: [*rows[:7], rows[7].replace(b'"index"', b'"Index"'), *rows[8:]], 7),
    ],
)
def test_structural_attacks_name_the_first_bad_leaf(made, change, leaf):
    assert broken(with_leaves(made, change)).leaf == leaf


@pytest.mark.parametrize(
    ("change", "leaves"),
    [
        (lambda rows: renumbered(rows[:4] + rows[5:] + [rows[4]]), (4, 5)),
        (lambda rows: renumbered([*rows[:4], rows[5], rows[4], *rows[6:]]), (4, 5)),
        (lambda rows: renumbered([rows[11], *rows[:11]]), (0, 1)),
    ],
)
def test_moved_leaves_that_were_renumbered_are_named_by_the_stored_subtrees(made, change, leaves):
    assert broken(with_leaves(made, change)).leaf in leaves


def edited_body(row: bytes, rehash: bool) -> bytes:
    index = int(row.rpartition(b":")[2][:-1])
    body = json.loads(base64.b64decode(json.loads(row)["body"]))
    body["outcome"] = "denied"
    return leaf_line(index, encode(body), None if rehash else base64.b64decode(json.loads(row)["hash"]))


@pytest.mark.parametrize("index", range(12))
def test_an_edited_body_is_named(made, index):
    data = with_leaves(
        made, lambda rows: [edited_body(r, False) if i == index else r for i, r in enumerate(rows)]
    )
    problem = broken(data)
    assert problem.leaf == index
    assert "does not have the hash it was sealed with" in str(problem)


@pytest.mark.parametrize("index", range(12))
def test_an_edited_body_with_its_hash_recomputed_is_named_with_its_neighbour(made, index):
    data = with_leaves(
        made, lambda rows: [edited_body(r, True) if i == index else r for i, r in enumerate(rows)]
    )
    assert broken(data).leaf == index // 2 * 2


def test_a_log_rewritten_to_the_last_hash_does_not_lead_to_the_signed_root(made):
    bodies = [base64.b64decode(json.loads(row)["body"]) for row in lines(members(made)["leaves.jsonl"])]
    bodies[4] = encode(json.loads(bodies[4]) | {"outcome": "denied"})
    forged = members(forge(bodies, SIGNER))
    forged["openings.jsonl"] = members(made)["openings.jsonl"]
    forged["checkpoint.last"] = members(made)["checkpoint.last"]
    assert "do not lead to the signed root" in str(broken(pack(forged)))


def test_a_log_signed_again_with_another_key_is_refused(made):
    bodies = [base64.b64decode(json.loads(row)["body"]) for row in lines(members(made)["leaves.jsonl"])]
    forged = forge(bodies, OTHER, openings=lines(members(made)["openings.jsonl"]))
    assert verify_bundle(forged, read_key(OTHER.vkey))["last"] == 12  # a forgery as good as it gets
    assert "signed by another key" in str(broken(forged))


def test_a_forked_log_is_found_with_a_checkpoint_saved_earlier(made):
    saved = members(made)["checkpoint.last"]
    bodies = [encode(event(number)) for number in range(20)]
    fork = forge(bodies, SIGNER)
    assert verify_bundle(fork, KEY)["last"] == 20
    assert "the log was forked" in str(broken(fork, saved=saved))
    assert "does not reach" in str(broken(forge(bodies[:5], SIGNER), saved=saved))
    assert verify_bundle(made, KEY, saved=saved)["last"] == 12


@pytest.mark.parametrize("size", [5, 6, 12])
def test_a_saved_checkpoint_inside_the_part_is_found_again(size):
    bodies = [encode(event(number)) for number in range(12)]
    whole = [hashlib.sha256(b"\x00" + body).digest() for body in bodies]
    root = relgate.Tree(0, [], whole[:size]).root(size)
    part = forge(bodies, SIGNER, first=5)
    assert verify_bundle(part, KEY, saved=note(SIGNER, size, root))["leaves"] == 7
    broken(part, saved=note(SIGNER, size, bytes(32)))
    broken(part, saved=note(OTHER, size, root))


@pytest.mark.parametrize("first", range(14))
def test_every_beginning_of_a_part_verifies(first):
    bodies = [encode(event(number)) for number in range(13)]
    assert verify_bundle(forge(bodies, SIGNER, first=first), KEY)["first"] == first


@pytest.mark.parametrize(
    "name", ["range.txt", "consistency.txt", "nodes.txt", "openings.jsonl", "leaves.jsonl"]
)
def test_a_member_that_lost_or_gained_a_line_is_refused(later, name):
    content = members(later)
    rows = lines(content[name])
    for changed in (rows[:-1], rows[1:], [*rows, rows[-1]], rows[::-1]):
        if changed != rows and not (name == "openings.jsonl" and len(changed) < len(rows)):
            broken(pack(content | {name: joined(changed)}))
    broken(pack(content | {name: content[name][:-1]}))


@pytest.mark.parametrize("change", ["swap", "drop", "rename"])
def test_members_have_their_one_order(made, change):
    content = members(made)
    if change == "swap":
        content = {name: content[name] for name in reversed(ORDER)}
    elif change == "drop":
        del content["openings.jsonl"]
    else:
        content = {("Nodes.txt" if name == "nodes.txt" else name): part for name, part in content.items()}
    broken(pack(content))


def openings_of(data: bytes) -> list[dict]:
    return [json.loads(row) for row in lines(members(data)["openings.jsonl"])]


@pytest.mark.parametrize("edit", [{"value": "approved"}, {"nonce": base64.b64encode(bytes(32)).decode()}])
@pytest.mark.parametrize("place", [0, 1, 5, -1])
def test_an_edited_opening_names_its_leaf_as_an_edited_body_does(made, edit, place):
    content, rows = members(made), openings_of(made)
    rows[place] |= edit
    problem = broken(pack(content | {"openings.jsonl": joined([encode(row) for row in rows])}))
    assert problem.leaf == rows[place]["index"]
    assert "not what was committed to" in str(problem)


def test_openings_moved_to_another_leaf_or_field_are_refused(made):
    content, rows = members(made), openings_of(made)
    moved = [row | {"index": row["index"] - 4} for row in rows]
    assert broken(pack(content | {"openings.jsonl": joined([encode(row) for row in moved])})).leaf == 0
    renamed = [row | {"field": "name"} for row in rows[:1]] + rows[1:]
    assert broken(pack(content | {"openings.jsonl": joined([encode(row) for row in renamed])})).leaf == 4
    outside = [*rows, rows[-1] | {"index": 12}]
    assert broken(pack(content | {"openings.jsonl": joined([encode(row) for row in outside])})).leaf is None


def test_an_erased_opening_leaves_the_log_whole(made):
    content, rows = members(made), openings_of(made)
    kept = [row for row in rows if row["field"] != "comment"]
    found = verify_bundle(pack(content | {"openings.jsonl": joined([encode(row) for row in kept])}), KEY)
    assert (found["erased"], found["leaves"]) == (8, 12)
