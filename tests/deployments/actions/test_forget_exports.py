"""After a day the file goes, after a week more the row; nothing goes before."""

from datetime import timedelta

import pytest

from deployments.actions.forget_exports import forget_exports
from deployments.actions.make_export import make_export
from deployments.actions.request_export import request_export
from deployments.exports.columns import Filters
from deployments.models import Export
from kernel.clock import raw_now
from tests import people

pytestmark = pytest.mark.django_db


def test_the_file_goes_first_and_the_row_later(settings, tmp_path):
    settings.EVIDENCE_DIR = tmp_path
    ids = [request_export(actor=people.auditor(), filters=Filters(), kind="csv").pk for _ in range(3)]
    for export_id in ids[:2]:
        make_export(export_id, worker="w:1")
    assert forget_exports() == 0
    Export.objects.filter(pk=ids[0]).update(expires_at=raw_now())
    assert (forget_exports(), forget_exports()) == (1, 0)
    assert [path.name for path in (tmp_path / "exports").iterdir()] == [f"{ids[1]}-1.csv"]
    assert Export.objects.count() == 3
    Export.objects.filter(pk=ids[0]).update(expires_at=raw_now() - timedelta(days=8))
    forget_exports()
    assert set(Export.objects.values_list("pk", flat=True)) == set(ids[1:])
