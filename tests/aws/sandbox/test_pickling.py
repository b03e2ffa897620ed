"""Backends as bytes: what pickle alone cannot keep comes back as it was."""

import tempfile
import threading
import weakref
from collections import defaultdict

import pytest
from moto.s3.models import s3_backends

from aws.sandbox.pickling import Blobs, dump, into_backend, load


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs")


class Thing:
    """Something that a weak dictionary can hold."""

    def __init__(self):
        self.name = "thing"


def body(data):
    made = tempfile.SpooledTemporaryFile()  # noqa: SIM115  the test closes it
    made.write(data)
    return made


def test_locks_come_back_open(blobs):
    lock = threading.RLock()
    with lock:
        found = load(dump({"lock": lock, "plain": threading.Lock()}, blobs), blobs)
    assert found["lock"].acquire(blocking=False)
    assert found["plain"].acquire(blocking=False)


def test_small_body_lies_inside_and_large_one_in_a_file_by_digest(blobs, tmp_path):
    small, large = body(b"small"), body(b"x" * 5000)
    found = load(dump([small, large, large], blobs), blobs)
    assert [each.read() for each in found[:2]] == [b"small", b"x" * 5000]
    assert len(list((tmp_path / "blobs").iterdir())) == 1
    for each in (*found, small, large):
        each.close()


def test_large_body_is_not_written_again(blobs, tmp_path):
    large = body(b"y" * 5000)
    dump(large, blobs)
    (file,) = (tmp_path / "blobs").iterdir()
    before = file.stat().st_mtime_ns
    dump(large, blobs)
    assert file.stat().st_mtime_ns == before
    large.close()


def test_weak_dictionary_keeps_what_is_held_elsewhere(blobs):
    thing = Thing()
    found = load(dump({"held": thing, "weak": weakref.WeakValueDictionary(a=thing)}, blobs), blobs)
    assert found["weak"]["a"] is found["held"]


def test_local_function_of_a_default_dict_works_again(blobs):
    found = load(dump(defaultdict(lambda: "made"), blobs), blobs)
    assert found["anything"] == "made"


def test_function_with_a_closure_is_refused(blobs):
    value = object()
    with pytest.raises(Exception, match="local object"):
        dump(lambda: value, blobs)


def test_reference_to_a_backend_is_kept_by_name(sandbox, blobs):
    backend = s3_backends["111122223333"]["aws"]
    assert load(dump({"backend": backend, "all": s3_backends}, blobs), blobs)["backend"] is backend


def test_attributes_go_back_into_a_fresh_backend_with_its_factories():
    class Fresh:
        def __init__(self):
            self.counts = defaultdict(int)
            self.plain = None

    fresh = Fresh()
    counts = fresh.counts
    into_backend(fresh, {"counts": {"a": 1}, "plain": "x"})
    assert (fresh.counts is counts, fresh.counts["a"], fresh.counts["b"], fresh.plain) == (True, 1, 0, "x")
