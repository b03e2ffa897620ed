"""The temporary file of a bundle."""

import pytest

from audit import bundles, stored_zip
from audit.bundles import RangeTooLarge, make_bundle
from audit.queries import bundle_part
from tests.audit.log import sealed

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_file_stands_at_its_beginning_and_vanishes():
    sealed(3)
    with make_bundle(bundle_part(None, None)) as file:
        assert file.read(4) == b"PK\x03\x04"
    assert file.closed


def test_it_is_written_into_the_data_directory_and_never_into_tmp(settings, tmp_path, monkeypatch):
    sealed(3)
    settings.DATA_DIR = tmp_path / "data"
    monkeypatch.setattr(bundles.tempfile, "tempdir", str(tmp_path / "a tmp that is full"))
    with make_bundle(bundle_part(None, None)) as file:
        assert file.read(4) == b"PK\x03\x04"
    assert list((tmp_path / "data" / "bundles").iterdir()) == []


def test_a_range_that_does_not_fit_is_refused_and_leaves_no_file(monkeypatch):
    sealed(3)
    monkeypatch.setattr(stored_zip, "LARGEST", 100)
    opened = []
    original = bundles.tempfile.TemporaryFile
    monkeypatch.setattr(
        bundles.tempfile, "TemporaryFile", lambda **options: opened.append(original(**options)) or opened[0]
    )
    with pytest.raises(RangeTooLarge) as refused:
        make_bundle(bundle_part(None, None))
    assert (refused.value.status, refused.value.code) == (422, "range_too_large")
    assert opened[0].closed
