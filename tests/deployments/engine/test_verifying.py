"""The reports of a team's tests: read before any lock is taken, and one that cannot be read is a failed suite."""

import pytest
from django.db import connection

from audit.models import AuditEvent
from builds import evidence_store
from builds.models import Evidence
from deployments.models import Step

pytestmark = pytest.mark.one_database


def words(row) -> str:
    return Step.objects.filter(deployment=row, kind="test").latest("seq").detail


@pytest.mark.parametrize("report", [b"<testsuite", b"no report at all", b""])
def test_a_report_that_cannot_be_read_is_a_failed_suite_and_says_why(engine, report):
    engine.release("1.0.0", report=report)
    row = engine.deploy("1.0.0")
    assert (row.state, row.reasons[0]["code"], row.failures) == ("failed", "no_rollback_target", 0)
    assert "left a report that cannot be read" in words(row)
    assert Evidence.objects.count() == 0
    (event,) = AuditEvent.objects.filter(kind="evidence.refused")
    assert event.subject == f"deployment:{row.pk}"


def test_the_report_of_a_suite_is_kept_before_the_deployments_row_is_locked(engine, monkeypatch):
    inside, keep = [], evidence_store.keep

    def watched(data):
        inside.append(connection.in_atomic_block)
        return keep(data)

    engine.release("1.0.0")
    monkeypatch.setattr(evidence_store, "keep", watched)
    assert engine.deploy("1.0.0").state == "succeeded"
    assert inside == [False]
