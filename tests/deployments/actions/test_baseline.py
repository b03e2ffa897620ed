"""A baseline claims no approval and counts as the last verified release."""

import pytest

from audit.models import AuditEvent
from deployments.actions.baseline import baseline
from deployments.models import Deployment, History, Lane
from kernel.refusals import Refusal
from tests.deployments.company import World

pytestmark = pytest.mark.django_db


def record(world, who="rita", **more):
    values = {"application": "payments", "version": "1.0.0", "environment": "prod", "reason": "Runs there."}
    return baseline(actor=world.actor(who), **{**values, **more})


def test_it_is_recorded_as_what_runs_there():
    world = World()
    world.release()
    row = record(world)
    assert (row.kind, row.state, row.approval) == ("baseline", "succeeded", None)
    assert Lane.objects.get(environment_id="prod").version == "1.0.0"
    assert AuditEvent.objects.filter(kind="deployment.baseline").count() == 1
    assert History.objects.get(pk=row.pk).approvals == "none claimed (baseline)"


@pytest.mark.parametrize(
    ("who", "more", "code"),
    [
        ("dana", {}, "forbidden"),
        ("rita", {"reason": " "}, "reason_required"),
        ("rita", {"environment": "nowhere"}, "not_found"),
        ("eve", {}, "not_found"),
    ],
)
def test_anything_else_is_refused_and_records_nothing(who, more, code):
    world = World()
    world.release()
    with pytest.raises(Refusal) as caught:
        record(world, who, **more)
    assert caught.value.code == code
    assert not Deployment.objects.exists()
