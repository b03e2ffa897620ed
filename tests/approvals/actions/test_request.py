"""Opening an approval request."""

import pytest
from django.db import IntegrityError, transaction

from approvals.actions.request import request
from approvals.models import ApprovalRequest
from audit.models import AuditEvent
from kernel.actor import Actor
from kernel.clock import now
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def test_it_is_opened_with_its_hash_its_end_and_its_event():
    _, row = World().waiting()
    assert (row.state, row.subject["application"]) == ("open", "payments")
    assert (row.expires_at - row.opened_at).total_seconds() == 86_400
    assert AuditEvent.objects.filter(kind="approval.opened", subject=f"approval:{row.pk}").count() == 1


def test_two_open_requests_for_one_release_and_environment_cannot_exist():
    _, row = World().waiting()
    with pytest.raises(IntegrityError), transaction.atomic():
        request(
            actor=Actor.system("test"),
            release=row.release,
            environment=row.environment,
            deployment_id="dep_other",
            subject=row.subject,
            gate=row.gate,
            relations=[],
            at=now(),
        )
    assert ApprovalRequest.objects.count() == 1
