"""A zip whose bytes follow from its content alone."""

import io
import zipfile

import pytest

from audit import stored_zip
from audit.stored_zip import ArchiveTooLarge, StoredZip


def written(members: dict[str, list[bytes]]) -> bytes:
    target = io.BytesIO()
    archive = StoredZip(target)
    for name, chunks in members.items():
        archive.add(name, chunks)
    archive.close()
    return target.getvalue()


def test_any_zip_tool_reads_it_and_finds_nothing_of_the_machine():
    data = written({"a.txt": [b"one", b"two"], "empty": [], "b": [b"x" * 100_000]})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["a.txt", "empty", "b"]
        assert archive.read("a.txt") == b"onetwo"
        assert archive.comment == b""
        for info in archive.infolist():
            assert info.date_time == (1980, 1, 1, 0, 0, 0)
            assert (info.external_attr, info.internal_attr, info.flag_bits, info.extra) == (0, 0, 0, b"")
            assert (info.compress_type, info.create_system) == (zipfile.ZIP_STORED, 0)


def test_how_the_content_was_chunked_does_not_show():
    assert written({"a": [b"onetwo"]}) == written({"a": [b"one", b"", b"two"]})


def test_the_order_of_members_is_the_order_they_were_added():
    assert written({"a": [b"1"], "b": [b"2"]}) != written({"b": [b"2"], "a": [b"1"]})


def test_what_a_zip_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr(stored_zip, "LARGEST", 200)
    with pytest.raises(ArchiveTooLarge, match="a ends beyond"):
        written({"a": [b"x" * 300]})
    with pytest.raises(ArchiveTooLarge, match="directory"):
        written({"a": [b"x" * 150]})


def test_names_are_ascii():
    with pytest.raises(UnicodeEncodeError):
        written({"ä": []})
