"""Sealing: whole batches, each event once, and never over something that does not match."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from django.db import connection, transaction

from audit import integrity
from audit.actions import append as append_module
from audit.actions import seal as module
from audit.actions.seal import seal_once
from audit.integrity import LogMismatch, check_whole_log
from audit.merkle import root_of
from audit.models import Checkpoint, Leaf, Node
from audit.note import open_checkpoint
from tests.audit.log import OTHER, SIGNER, add, seal, sealed
from tests.audit.tampering import tamper
from tests.database import as_sealer

pytestmark = pytest.mark.django_db(transaction=True)


def counts() -> tuple[int, int, int]:
    return Leaf.objects.count(), Node.objects.count(), Checkpoint.objects.count()


def test_nothing_to_seal_signs_nothing():
    assert seal() == 0
    assert counts() == (0, 0, 0)


def test_each_event_gets_one_place_in_order_of_time():
    events = add(3) + add(2)
    assert seal() == 5
    assert seal() == 0
    rows = list(Leaf.objects.order_by("leaf_index").values_list("leaf_index", "event_id"))
    ordered = sorted(events, key=lambda event: (event.at, event.pk))
    assert rows == list(enumerate(event.pk for event in ordered))


@pytest.mark.parametrize("sizes", [(1,), (1, 1, 1), (2, 3, 8), (7, 1, 9, 16)])
def test_the_checkpoint_signs_the_root_of_all_leaves(sizes):
    sealed(*sizes)
    leaves = [
        hashlib.sha256(b"\x00" + bytes(body)).digest()
        for body in Leaf.objects.order_by("leaf_index").values_list("event__body", flat=True)
    ]
    assert list(Checkpoint.objects.order_by("tree_size").values_list("tree_size", flat=True)) == [
        sum(sizes[: count + 1]) for count in range(len(sizes))
    ]
    for row in Checkpoint.objects.all():
        signed = open_checkpoint(row.note, SIGNER.key)
        assert (signed.size, signed.root) == (row.tree_size, bytes(row.root))
        assert signed.root == root_of(leaves[: row.tree_size])
        assert row.vkey == SIGNER.vkey
    assert Node.objects.count() == sum(sum(sizes) >> level for level in range(1, 10))


def test_a_late_event_with_an_earlier_time_is_sealed_all_the_same(monkeypatch):
    sealed(2)
    with monkeypatch.context() as patch:
        patch.setattr(append_module, "now", lambda: datetime(2020, 1, 1, tzinfo=UTC))
        late = add(1)[0]
    newer = add(1)[0]
    assert seal() == 2
    assert Leaf.objects.get(event_id=late.pk).leaf_index == 2
    assert Leaf.objects.get(event_id=newer.pk).leaf_index == 3


def test_a_batch_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "BATCH", 4)
    add(10)
    assert [seal(), seal(), seal(), seal()] == [4, 4, 2, 0]
    assert list(Checkpoint.objects.order_by("tree_size").values_list("tree_size", flat=True)) == [4, 8, 10]
    assert check_whole_log(SIGNER.key) == 10


def test_a_search_from_a_time_finds_only_what_is_later():
    events = add(2)
    with as_sealer():
        assert seal_once(SIGNER, since=events[0].at.replace(year=2100)) == 0
        assert seal_once(SIGNER, since=events[0].at) == 2


def test_an_event_whose_bytes_changed_before_sealing_stops_it():
    event = add(3)[1]
    tamper("UPDATE audit_auditevent SET body = %s WHERE id = %s", [b"{}", event.pk])
    with pytest.raises(LogMismatch, match=event.pk):
        seal()
    assert counts() == (0, 0, 0)


def test_a_changed_subtree_stops_the_next_seal():
    sealed(4)
    before = counts()
    add(1)
    tamper("UPDATE audit_node SET hash = %s WHERE level = 2 AND idx = 0", [bytes(32)])
    with pytest.raises(LogMismatch):
        seal()
    assert counts() == before


def test_a_missing_last_leaf_stops_the_next_seal():
    sealed(4)
    add(1)
    tamper("DELETE FROM audit_leaf WHERE leaf_index = 3")
    with pytest.raises(LogMismatch, match="the last leaf is 2"):
        seal()
    assert Checkpoint.objects.count() == 1


def test_a_missing_checkpoint_stops_the_next_seal():
    sealed(2, 2)
    add(1)
    tamper("DELETE FROM audit_checkpoint WHERE tree_size = 4")
    with pytest.raises(LogMismatch):
        seal()
    assert Checkpoint.objects.count() == 1


def test_a_checkpoint_that_says_something_else_than_its_row_stops_the_next_seal():
    sealed(2)
    add(1)
    tamper("UPDATE audit_checkpoint SET root = %s", [bytes(32)])
    with pytest.raises(LogMismatch, match="something else than its row"):
        seal()


def test_a_checkpoint_signed_by_another_key_is_never_continued():
    sealed(2)
    add(1)
    with pytest.raises(LogMismatch, match="not ours"):
        seal(OTHER)
    assert counts() == (2, 1, 1)


def test_a_forged_checkpoint_is_never_continued():
    sealed(2)
    add(1)
    forged = OTHER.sign(f"{OTHER.key.name}\n2\n{'A' * 43}=\n")
    tamper("UPDATE audit_checkpoint SET note = %s, vkey = %s, root = %s", [forged, OTHER.vkey, bytes(32)])
    with pytest.raises(LogMismatch, match="not ours"):
        seal()


@pytest.mark.parametrize("name", ["_insert", "checked_root", "_sign"])
def test_a_failure_anywhere_leaves_nothing(monkeypatch, name):
    add(3)
    original = getattr(module, name)

    def fail(*args, **kwargs):
        original(*args, **kwargs)
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(module, name, fail)
        with pytest.raises(ZeroDivisionError):
            seal()
    assert counts() == (0, 0, 0)
    assert seal() == 3
    assert check_whole_log(SIGNER.key) == 3


@pytest.mark.postgresql
def test_a_second_sealer_waits_while_the_first_is_at_work():
    add(2)
    with as_sealer(), transaction.atomic():
        assert module._only_sealer() is True
        seen = []

        def other():
            seen.append(seal())
            connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(10)
    assert seen == [0]
    assert counts() == (0, 0, 0)
    assert seal() == 2


def test_sealing_checks_against_a_second_computation(monkeypatch):
    sealed(3)
    add(2)
    before = counts()
    monkeypatch.setattr(integrity._Recomputed, "__call__", lambda self, level, index: bytes(32))
    with pytest.raises(LogMismatch, match="two ways"):
        seal()
    assert counts() == before
