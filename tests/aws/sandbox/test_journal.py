"""The journal: what was appended is there, whatever a crash left behind it."""

import os

import pytest

from aws.sandbox.journal import Journal, JournalForeign


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path)
    made.load()
    yield made
    made.close()


def reread(tmp_path):
    other = Journal(tmp_path)
    found = other.load()
    other.close()
    return found


def test_newest_state_of_each_key_is_read_back(journal, tmp_path):
    journal.append({("a",): b"1", ("b",): b"1"})
    journal.append({("a",): b"2"})
    assert reread(tmp_path) == {("a",): b"2", ("b",): b"1"}


@pytest.mark.parametrize("cut", [1, 3, 8, 15])
def test_record_that_was_torn_off_is_ignored_and_the_rest_stays(journal, tmp_path, cut):
    journal.append({("a",): b"first"})
    journal.append({("a",): b"second"})
    journal.close()
    path = tmp_path / "journal"
    os.truncate(path, path.stat().st_size - cut)
    assert reread(tmp_path) == {("a",): b"first"}


def test_record_with_a_flipped_bit_is_ignored(journal, tmp_path):
    journal.append({("a",): b"first"})
    journal.append({("a",): b"second"})
    journal.close()
    data = bytearray((tmp_path / "journal").read_bytes())
    data[-1] ^= 1
    (tmp_path / "journal").write_bytes(data)
    assert reread(tmp_path) == {("a",): b"first"}


def test_appending_goes_on_after_a_torn_record(journal, tmp_path):
    journal.append({("a",): b"first"})
    journal.close()
    with (tmp_path / "journal").open("ab") as sink:
        sink.write(b"\x00\x00\x01")
    second = Journal(tmp_path)
    second.load()
    second.append({("b",): b"later"})
    second.close()
    assert reread(tmp_path) == {("a",): b"first", ("b",): b"later"}


def test_state_that_did_not_change_is_not_written(journal, tmp_path):
    journal.append({("a",): b"1"})
    size = (tmp_path / "journal").stat().st_size
    journal.append({("a",): b"1"})
    assert (tmp_path / "journal").stat().st_size == size


def test_journal_does_not_grow_without_end(journal, tmp_path):
    for _ in range(45):
        journal.append({("a",): os.urandom(1024 * 1024)})
    assert (tmp_path / "journal").stat().st_size < 40 * 1024 * 1024
    assert len(reread(tmp_path)[("a",)]) == 1024 * 1024


def test_file_of_another_version_is_refused_and_left_alone(tmp_path):
    (tmp_path / "journal").write_bytes(b"release-gate-sandbox 0 python 2.7 moto 1.0\n")
    with pytest.raises(JournalForeign):
        Journal(tmp_path).load()
    assert (tmp_path / "journal").read_bytes() == b"release-gate-sandbox 0 python 2.7 moto 1.0\n"
