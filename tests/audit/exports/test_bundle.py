"""The bundle's content, member by member."""

import base64
import io
import json
import zipfile

import pytest

from audit.exports import bundle as module
from audit.merkle import CompactRange, leaf_hash
from audit.models import Checkpoint
from audit.queries import StoredNodes
from tests import people
from tests.audit.log import ORIGIN, bundle, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def contents(part) -> dict[str, bytes]:
    target = io.BytesIO()
    module.write_bundle(target, part, StoredNodes())
    with zipfile.ZipFile(target) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def checkpoint(size: int) -> Checkpoint:
    return Checkpoint.objects.get(tree_size=size)


def test_the_whole_log_has_no_first_checkpoint():
    sealed(2, 3)
    found = contents(module.Part(None, checkpoint(5)))
    assert json.loads(found["manifest.json"]) == {
        "first": 0,
        "format": "rgaudit",
        "last": 5,
        "origin": ORIGIN,
        "v": 1,
    }
    assert found["checkpoint.first"] == found["range.txt"] == found["consistency.txt"] == b""
    assert found["checkpoint.last"].decode() == checkpoint(5).note
    rows = [json.loads(line) for line in found["leaves.jsonl"].splitlines()]
    assert [row["index"] for row in rows] == [0, 1, 2, 3, 4]
    for row in rows:
        assert leaf_hash(base64.b64decode(row["body"])) == base64.b64decode(row["hash"])


def test_a_part_carries_what_came_before_as_subtrees():
    sealed(3, 4)
    found = contents(module.Part(checkpoint(3), checkpoint(7)))
    before = [base64.b64decode(line) for line in found["range.txt"].splitlines()]
    assert CompactRange(3, before).root() == bytes(checkpoint(3).root)
    hashes = [base64.b64decode(json.loads(line)["hash"]) for line in found["leaves.jsonl"].splitlines()]
    tree = CompactRange(3, before)
    completed = sorted(tree.extend(hashes))
    assert tree.root() == bytes(checkpoint(7).root)
    nodes = [base64.b64decode(line) for line in found["nodes.txt"].splitlines()]
    assert nodes == [digest for _, _, digest in completed]
    assert found["checkpoint.first"].decode() == checkpoint(3).note


def test_openings_are_in_order_of_leaf_and_code_point():
    sealed(2, actor=people.actor("dana"), private={"b_x": "1", "bx": "2", "b1": "schön"})
    rows = [
        json.loads(line) for line in contents(module.Part(None, checkpoint(2)))["openings.jsonl"].splitlines()
    ]
    assert [(row["index"], row["field"]) for row in rows] == [
        (index, field) for index in (0, 1) for field in ("actor", "b1", "b_x", "bx")
    ]
    assert rows[1]["value"] == "schön"
    assert len(base64.b64decode(rows[0]["nonce"])) == 32


def test_reading_in_small_windows_gives_the_same_bytes(monkeypatch):
    sealed(7, 6, private={"comment": "x"})
    whole = bundle()
    monkeypatch.setattr(module, "CHUNK", 2)
    assert bundle() == whole


def test_a_bundle_takes_few_queries(django_assert_max_num_queries):
    sealed(300, private={"comment": "x"})
    with django_assert_max_num_queries(40):
        bundle()
