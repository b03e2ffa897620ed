import hashlib
import threading

import pytest

from builds import evidence_store


def files(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_bytes_come_back_by_their_digest(evidence_dir):
    digest = evidence_store.keep(b"report")
    assert digest == "sha256:" + hashlib.sha256(b"report").hexdigest()
    assert evidence_store.read(digest) == b"report"
    assert files(evidence_dir) == [evidence_dir / "sha256" / digest[7:9] / digest[7:]]


def test_the_same_bytes_twice_are_one_file(evidence_dir):
    assert evidence_store.keep(b"report") == evidence_store.keep(b"report")
    assert len(files(evidence_dir)) == 1


def test_nothing_is_a_file_too(evidence_dir):
    assert evidence_store.read(evidence_store.keep(b"")) == b""


def test_an_unknown_digest_is_lost():
    with pytest.raises(evidence_store.EvidenceLost):
        evidence_store.read("sha256:" + "0" * 64)


def test_bytes_that_were_changed_on_the_disk_are_not_handed_out(evidence_dir):
    digest = evidence_store.keep(b"all tests failed")
    files(evidence_dir)[0].write_bytes(b"all tests passed")
    with pytest.raises(evidence_store.EvidenceLost):
        evidence_store.read(digest)


def test_a_failed_write_leaves_nothing_behind(evidence_dir, monkeypatch):
    def full(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(evidence_store.os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        evidence_store.keep(b"report")
    assert files(evidence_dir) == []


def test_many_writers_of_the_same_bytes_leave_one_whole_file(evidence_dir):
    data, failures = b"x" * 300_000, []

    def write():
        try:
            evidence_store.keep(data)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failures == []
    assert [path.read_bytes() == data for path in files(evidence_dir)] == [True]
